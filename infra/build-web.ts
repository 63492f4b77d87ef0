/** Bundles the web console (src/web) for browsers, in memory. Names carry a hash of the content, so browsers may keep them. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const source = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src/web');

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

export type WebFiles = {
  /** The one page. */
  page: string;
  /** By file name. */
  assets: ReadonlyMap<string, { type: string; body: string }>;
};

/** @throws what esbuild reports */
export async function buildWeb(): Promise<WebFiles> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(source, 'app.tsx'), join(source, 'style/app.css')],
    outdir: '/web',
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true, // the terminal and the charts are loaded by the pages that show them
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'none',
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  const assets = new Map(
    outputFiles.map(({ path, text }) => [
      basename(path),
      { type: types[extname(path)] ?? 'application/octet-stream', body: text },
    ]),
  );
  const entry = (end: string): string => {
    const [path] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint?.endsWith(end)) ?? [];
    if (path === undefined) throw new Error(`The bundle has no ${end}.`);
    return basename(path);
  };
  const template = await readFile(join(source, 'page.html'), 'utf8');
  const page = template.replace('{script}', entry('app.tsx')).replace('{style}', entry('app.css'));
  return { page, assets };
}
