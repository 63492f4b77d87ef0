/** A guest that cannot converge goes over in post-copy, between the fleet's real hosts, since a person asked for it. */
import anyTest, { type TestFn } from 'ava';
import { whileObserved } from '../../infra/demo/migration.ts';
import { askOnce } from '../../infra/demo/observer.ts';
import { migrationResultSchema } from '../../src/wire/resources.ts';
import { type Fleet, guest } from './fleet.ts';

const test = anyTest as TestFn<Fleet>;
const never = new AbortController().signal;

/** Twice what the copy may use: with these it never ends by itself. */
const LOAD = 8 * 2 ** 20;
/** Bytes: what the guest has of memory that is not zero is more than this, and goes over uncompressed. */
const LEAST = 32 * 2 ** 20;
const limits = ['--bandwidth', '4MiB', '--no-auto-converge', '--max-total', '30s', '--max-downtime', '200ms'];
/** What it needs comes after it, page by page and behind all the rest. */
const patience = { limitMs: 240_000 };
const setting = '/proc/sys/vm/unprivileged_userfaultfd';

/** `isOn`: the guest runs on that host and on no other, and nothing was lost. It is on `home`, and is there again afterwards. */
export function playPostCopy(
  current: () => Fleet,
  isOn: (fleet: Fleet, host: string) => Promise<boolean>,
  home: string,
  away: string,
): void {
  test.serial('each host lets a guest have its memory brought after it', async (t) => {
    for (const host of [home, away]) {
      const { stdout, stderr } = await current().cli('host', 'ssh', host, '--', 'cat', setting);
      t.is(stdout.trim(), '1', stderr);
    }
  });

  test.serial(
    'a guest that cannot converge goes over in post-copy, on one connection, and is whole',
    async (t) => {
      const fleet = current();
      t.teardown(async () => {
        await askOnce(fleet.address, 'load 0', never);
        if ((await fleet.where()).host !== home) await fleet.json('migrate', guest, '--to', home);
      });
      await askOnce(fleet.address, `load ${LOAD}`, never);
      const move = () => fleet.json('migrate', guest, '--to', away, ...limits, '--on-timeout', 'postcopy');
      const { result, observation } = await whileObserved(fleet.address, never, move, patience);
      const { postcopy, downtimeMs, totalMs, memoryBytes } = migrationResultSchema.parse(result);
      t.log(
        `downtime ${downtimeMs} ms, total ${totalMs} ms, memory ${memoryBytes}, longest gap ${observation.gapMs} ms`,
      );
      t.true(postcopy, 'it had converged');
      t.true((downtimeMs ?? 0) > 0, 'nobody heard the guest go on');
      t.true(memoryBytes > LEAST, `${memoryBytes} bytes are not all of its memory`);
      t.deepEqual(observation.faults, []);
      t.is(observation.first.bootId, observation.last.bootId);
      t.true(await isOn(fleet, away));
    },
  );

  test.serial('it lives there as any other: without its load it goes back in the ordinary way', async (t) => {
    t.true(await isOn(current(), home));
  });

  test.serial('a destination that forbids it is found before the guest is touched', async (t) => {
    const fleet = current();
    const say = (value: string) =>
      fleet.cli('host', 'ssh', away, '--', 'sudo', 'sh', '-c', `'echo ${value} >${setting}'`);
    t.teardown(() => say('1'));
    t.is((await say('0')).code, 0);
    const { code, stderr } = await fleet.cli(
      'migrate',
      guest,
      '--to',
      away,
      ...limits,
      '--on-timeout',
      'postcopy',
    );
    t.is(code, 5);
    t.regex(stderr, /code: migrate\.no-postcopy/);
    t.true(await isOn(fleet, home));
  });
}
