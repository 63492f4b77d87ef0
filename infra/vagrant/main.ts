/**
 *     node infra/vagrant/main.ts prepare   makes box, keys and seeds; `vagrant up` can follow
 *     node infra/vagrant/main.ts enrol     machines are up: writes the configuration of their cloud, prints its path
 *     node infra/vagrant/main.ts down      removes the machines and what was made for them
 *     node infra/vagrant/main.ts test      all of it, with the end-to-end tests in between; what it made goes in any case
 */
import { join } from 'node:path';
import { run } from '../../src/process/run.ts';
import { needDaemons } from './daemons.ts';
import { writeCloudConfig } from './enrol.ts';
import { root } from './machines.ts';
import { down, prepare, up } from './vagrant.ts';

const say = (line: string): void => void process.stderr.write(`vagrant: ${line}\n`);
const suiteMs = 3 * 3_600_000;

/** Said here, so that what fails while taking down does not hide why it had to be. */
function complain(error: unknown): void {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => controller.abort(new Error(`It was ended by ${name}.`)));
  }
  return controller.signal;
}

/** `KEEP=1` leaves machines and daemons up, for a look around. */
async function test(signal: AbortSignal): Promise<void> {
  const daemons = await needDaemons(say);
  try {
    await prepare(say);
    await up(say, signal);
    await runSuite(signal);
  } finally {
    if (process.env.KEEP === '1')
      say('all is left up; `node infra/vagrant/main.ts down` removes the machines');
    else await down(say).finally(daemons.stop);
  }
}

/** Its output is the suite's own, with the line of counts last. */
async function runSuite(signal: AbortSignal): Promise<void> {
  await run(process.execPath, [join(root, 'infra/test/run.ts'), 'e2e'], {
    cwd: root,
    env: { ...process.env, BLANKET_GROUND: 'vagrant' },
    signal,
    timeoutMs: suiteMs,
    onOutput: (text) => void process.stdout.write(text),
  });
}

const actions: Readonly<Record<string, (signal: AbortSignal) => Promise<unknown>>> = {
  prepare: () => prepare(say),
  enrol: async () => process.stdout.write(`${await writeCloudConfig()}\n`),
  down: () => down(say),
  test,
};

const [word = ''] = process.argv.slice(2);
const action = Object.hasOwn(actions, word) ? actions[word] : undefined;
if (action === undefined) {
  say(`say one of: ${Object.keys(actions).join(', ')}.`);
  process.exitCode = 2;
} else {
  await action(abortOnSignals()).catch(complain);
}
