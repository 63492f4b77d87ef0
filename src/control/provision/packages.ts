/**
 * Brings what a host needs and its image lacks: packages, libvirt's settings, the probe guest. Our own host image
 * lacks nothing, and one round trip says so; a plain Debian gets everything (docs/stock-hosts.md).
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImage } from '../../../images/build.ts';
import { readRecipe } from '../../../images/recipe.ts';
import { agentPaths } from '../../wire/agent.ts';
import { BlanketError } from '../../wire/errors.ts';
import { sshUser } from '../agents/agents.ts';
import { reach } from '../agents/reach.ts';
import type { PhaseContext } from '../run-phases.ts';
import { shellWords } from '../ssh/shell-words.ts';
import type { SshLink } from '../ssh/ssh-link.ts';
import { type AptLine, readAptLines } from './apt-lines.ts';

export type Lacking = { packages: string[]; setup: boolean; probe: boolean };

type Say = PhaseContext<never>['progress'];
type Work = { host: string; ssh: () => Promise<SshLink>; signal: AbortSignal; progress: Say };

const probeFolder = '/usr/lib/blanket/probe';
/** Emulated hosts take ten minutes; a mirror may be slow. */
const INSTALL_MS = 45 * 60_000;
/** A connection that breaks while packages are installed is made anew for this long. */
const AWAY_MS = 180_000;
const keptLines = 15;

const script = (name: string): Promise<string> =>
  readFile(new URL(`./packages-${name}.sh`, import.meta.url), 'utf8');

/** What a plain Debian needs beside its own: the host image's recipe is the one place that says it. */
async function wantedPackages(): Promise<string[]> {
  const recipe = await readRecipe('host');
  return recipe.kind === 'system' ? recipe.blanket : [];
}

export async function findLacking(ssh: SshLink): Promise<Lacking> {
  const command = `sh -eu -s -- ${shellWords(...(await wantedPackages()))}`;
  const lines = (await ssh.exec(command, { input: await script('survey') })).split('\n');
  return {
    packages: lines.flatMap((line) => (line.startsWith('package ') ? [line.slice('package '.length)] : [])),
    setup: lines.includes('setup'),
    probe: lines.includes('probe'),
  };
}

/** @throws BlanketError `host.packages-failed`, `ssh.*`, and `image.*` when the probe guest cannot be built */
export async function bringLacking(work: Work): Promise<void> {
  const lacking = await findLacking(await work.ssh());
  if (lacking.packages.length > 0) {
    await reach(() => install(work, lacking.packages), AWAY_MS);
    const { packages } = await findLacking(await work.ssh());
    if (packages.length > 0) throw notInstalled(work.host, packages, []);
  }
  if (lacking.setup) await reach(() => setUp(work), AWAY_MS);
  if (lacking.probe) await reach(() => bringProbe(work), AWAY_MS);
}

async function install({ host, ssh, signal, progress }: Work, packages: readonly string[]): Promise<void> {
  const last: string[] = [];
  const onLine = (line: AptLine): void => {
    progress({ message: `installing: ${line.text}` });
    if (!line.status && last.push(line.text) > keptLines) last.shift();
  };
  const link = await ssh();
  const input = await script('install');
  const limit = AbortSignal.any([signal, AbortSignal.timeout(INSTALL_MS)]);
  try {
    const command = `sudo sh -eu -s -- ${shellWords(...packages)}`;
    await link.exec(command, { input, signal: limit, onOutput: readAptLines(onLine) });
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof BlanketError && cause.code !== 'ssh.command-failed') throw cause;
    throw notInstalled(host, packages, last, cause);
  }
}

const notInstalled = (
  host: string,
  packages: readonly string[],
  output: readonly string[],
  cause?: unknown,
) =>
  new BlanketError('host.packages-failed', `What a host needs could not be installed on ${host}.`, {
    next: 'See what apt said; the archive must be reachable from the host, and its sources name Debian 13.',
    data: { host, packages, output },
    cause,
  });

/** The settings that the host image has, brought into effect on a system that runs. */
async function setUp({ ssh, signal, progress }: Work): Promise<void> {
  progress({ message: 'setting libvirt up' });
  const settings = await readFile(new URL('../../../images/host/blanket.sh', import.meta.url), 'utf8');
  const sockets = 'libvirtd.socket virtlogd.socket';
  const units = `libvirtd.service virtlogd.service ${sockets} libvirtd-ro.socket libvirtd-admin.socket virtlogd-admin.socket`;
  // Chrony as well: no service was started while it was installed.
  const start = `systemctl daemon-reload\nsystemctl start ${sockets} chrony.service\n`;
  const input = `systemctl stop ${units}\n${settings}\n${start}`;
  await (await ssh()).exec('sudo sh -eu -s', { input, signal });
}

async function bringProbe({ ssh, signal, progress }: Work): Promise<void> {
  progress({ message: 'building the probe guest' });
  const { path } = await buildImage('probe', { signal });
  const link = await ssh();
  const { state, uploads } = agentPaths;
  await link.exec(
    `sudo install -d -m 0755 ${state} && sudo install -d -o ${sshUser} -g ${sshUser} -m 0700 ${uploads}`,
  );
  for (const file of ['vmlinuz', 'initrd']) {
    progress({ message: 'bringing the probe guest' }); // each file is counted anew
    await link.upload(join(path, file), `${uploads}/${file}`, (doneBytes, totalBytes) =>
      progress({ message: 'bringing the probe guest', doneBytes, totalBytes }),
    );
    await link.exec(
      `sudo install -D -m 0644 ${uploads}/${file} ${probeFolder}/${file} && rm ${uploads}/${file}`,
    );
  }
  // Says that the image did not carry it, so that it goes when Blanket leaves the machine.
  await link.exec(`sudo touch ${probeFolder}/uploaded`);
}
