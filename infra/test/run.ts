/**
 * Runs test suites by name, one after another, and says how they went. The last line is
 * `N passed, N failed, N skipped`; the exit code is 1 when a test failed, or when none ran.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, run } from '../../src/process/run.ts';
import { type Suite, suites } from './suites.ts';
import { addCounts, type Counts, countTap, formatCounts, noCounts } from './tap.ts';

const root = join(import.meta.dirname, '../..');
const ava = join(root, 'node_modules/ava/entrypoints/cli.mjs');
/** No suite may run for longer than this, whatever it prints. */
const limitMs = 3 * 3_600_000;

type Report = { name: string; counts: Counts; durationMs: number };

async function hasTests(suite: Suite): Promise<boolean> {
  const files = await readdir(join(root, suite.directory), { recursive: true }).catch(() => []);
  return files.some((file) => file.endsWith('.test.ts'));
}

/** A suite that fails without a failed test (it crashed, or ran none) counts as one failure. */
async function runSuite(suite: Suite): Promise<Report> {
  const startedAt = performance.now();
  const tap = countTap();
  let failed = false;
  const onOutput = (text: string) => {
    tap.add(text);
    process.stdout.write(text);
  };
  const env = { ...process.env, ...suite.env, NO_COLOR: '1' };
  try {
    const args = [ava, '--tap', ...suite.avaArguments];
    await run(process.execPath, args, { cwd: root, env, onOutput, timeoutMs: limitMs });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    failed = true;
  }
  const counts = tap.counts();
  if (failed && counts.failed === 0) counts.failed = 1;
  return { name: suite.name, counts, durationMs: performance.now() - startedAt };
}

const describe = ({ name, counts, durationMs }: Report): string =>
  `${name.padEnd(12)} ${(durationMs / 1000).toFixed(1).padStart(8)} s   ${formatCounts(counts)}`;

const known = suites.map((suite) => suite.name);
const wanted = process.argv.slice(2);
const strange = wanted.find((name) => !known.includes(name));
if (strange !== undefined || wanted.length === 0) {
  console.error(
    `Name the suites to run, of ${known.join(', ')}${strange === undefined ? '' : `; '${strange}' is none`}.`,
  );
  process.exit(2);
}

const reports: Report[] = [];
for (const suite of suites.filter(({ name }) => wanted.includes(name))) {
  if (await hasTests(suite)) reports.push(await runSuite(suite));
  else console.log(`# ${suite.name}: no tests`);
}
const total = reports.map((report) => report.counts).reduce(addCounts, noCounts);
console.log(`\n${reports.map(describe).join('\n')}\n\n${formatCounts(total)}`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
