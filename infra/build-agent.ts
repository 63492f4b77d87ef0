/**
 * Bundles the agent into one file that any Node >= 20 runs: `node infra/build-agent.ts` writes dist/agent.mjs.
 * Small matters: on an emulated host every 100 kB of JavaScript shows in the time to start.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const output = join(root, 'dist', 'agent.mjs');

/** `ws` is CommonJS and asks for Node's own modules by `require`, which an ES module has to be given. */
const banner =
  "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);";

/** zod carries its messages in fifty languages, nearly half of the bundle; English is imported on its own. */
const withoutLocales: Plugin = {
  name: 'without-locales',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /locales\/index\.js$/ }, ({ path }) => ({ path, namespace: 'nothing' }));
    onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: 'export {};' }));
  },
};

/** @returns the bundle's path and the SHA-256 of its content, as hex. @throws what esbuild reports. */
export async function buildAgent(): Promise<{ path: string; sha256: string }> {
  await build({
    entryPoints: [join(root, 'src/guest-agent/main.ts')],
    outfile: output,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minify: true,
    keepNames: true, // error names are part of what a log says
    sourcemap: false,
    legalComments: 'none',
    banner: { js: banner },
    external: ['bufferutil', 'utf-8-validate'], // native speed-ups that ws does without
    plugins: [withoutLocales],
    logLevel: 'warning',
  });
  const sha256 = createHash('sha256')
    .update(await readFile(output))
    .digest('hex');
  return { path: output, sha256 };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { path, sha256 } = await buildAgent();
  process.stdout.write(`${sha256}  ${path}\n`);
}
