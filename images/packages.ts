/**
 * Downloads packages of another Debian release with an apt of its own, which leaves this machine's alone.
 * A metapackage stands for the first package that it depends on (`linux-image-cloud-amd64` for the kernel itself).
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { run } from '../src/process/run.ts';
import { BlanketError } from '../src/wire/errors.ts';
import { type CommandOptions, command } from './command.ts';
import { type Archive, keyring } from './debian.ts';

export type Download = { archive: Archive; suite: string; names: readonly string[]; folder: string };
export type DebianPackage = { name: string; version: string; file: string };

/** @throws BlanketError `image.no-package` when the release has no package of that name. */
export async function downloadPackages(
  download: Download,
  options: CommandOptions,
): Promise<DebianPackage[]> {
  const config = await privateApt(download);
  const withConfig: CommandOptions = { ...options, env: { APT_CONFIG: config } };
  await command('apt-get', ['update', '-q'], withConfig);
  const names = await Promise.all(download.names.map((name) => realName(name, config)));
  const debs = join(download.folder, 'debs');
  await mkdir(debs);
  await command('env', ['-C', debs, 'apt-get', 'download', '-q', ...names], withConfig);
  const files = (await readdir(debs)).sort();
  return files.map((file) => describe(join(debs, file)));
}

/** A folder with apt's whole state; gives the path of its configuration. */
async function privateApt({ archive, suite, folder }: Download): Promise<string> {
  const root = join(folder, 'apt');
  for (const path of ['lists/partial', 'cache/archives/partial', 'etc']) {
    await mkdir(join(root, path), { recursive: true });
  }
  await writeFile(join(root, 'status'), '');
  await writeFile(
    join(root, 'sources.list'),
    `deb [arch=amd64 signed-by=${keyring}] ${archive.mirror} ${suite} main\n`,
  );
  const settings = {
    'Dir::State::lists': join(root, 'lists'),
    'Dir::State::status': join(root, 'status'),
    'Dir::Cache': join(root, 'cache'),
    'Dir::Etc': join(root, 'etc'),
    'Dir::Etc::sourcelist': join(root, 'sources.list'),
    'APT::Architecture': 'amd64',
    'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
  const config = join(root, 'apt.conf');
  await writeFile(config, `${[...archive.aptOptions, ...lines].join('\n')}\n`);
  return config;
}

async function realName(name: string, config: string): Promise<string> {
  const env = { ...process.env, APT_CONFIG: config };
  const { stdout } = await run('apt-cache', ['show', '--no-all-versions', name], { env }).catch(
    (cause: unknown) => {
      throw new BlanketError('image.no-package', `Debian has no package called ${name}.`, {
        data: { name },
        cause,
      });
    },
  );
  const depends = /^Depends: (\S+)/m.exec(stdout)?.[1]?.replace(/,$/, '');
  return name.startsWith('linux-image-') && depends?.startsWith('linux-image-') === true ? depends : name;
}

/** Debian writes a package's file as name_version_architecture.deb, with `:` in the version as `%3a`. */
function describe(file: string): DebianPackage {
  const [name = '', version = ''] = basename(file).split('_');
  return { name, version: decodeURIComponent(version), file };
}
