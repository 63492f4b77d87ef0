/** What a person asks of migrations, between the fleet's real hosts: a plan, an objective, a proof, a drained host. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { migrationPlanSchema } from '../../src/wire/migration-plan.ts';
import { hostSchema } from '../../src/wire/resources.ts';
import { drainResultSchema } from '../../src/wire/routes/drain.ts';
import { playCold } from './cold-in-fleet.ts';
import { type Fleet, guest } from './fleet.ts';
import { playPostCopy } from './post-copy-in-fleet.ts';
import { unlessShort } from './short.ts';

const test = anyTest as TestFn<Fleet>;

type IsOn = (fleet: Fleet, host: string) => Promise<boolean>;

/** `isOn`: the guest runs on that host and on no other, and nothing was lost. It is on the first host, and is there again afterwards. */
export function playMigrations(
  current: () => Fleet,
  isOn: IsOn,
  [home, away]: readonly [string, string],
): void {
  playPlan(current, home, away);
  playObjectives(current, isOn, home, away);
  playDrain(current, isOn, home, away);
  unlessShort('post-copy', () => playPostCopy(current, isOn, home, away));
  playCold(current, isOn, [home, away]);
}

function playPlan(current: () => Fleet, home: string, away: string): void {
  test.serial('a plan says what was found, and touches nothing', async (t) => {
    const fleet = current();
    const plan = migrationPlanSchema.parse(await fleet.json('migrate', guest, '--to', away, '--plan'));
    t.false(plan.blocked, JSON.stringify(plan.findings));
    const said = plan.findings.map(({ id }) => id);
    const { path, memoryBytes, diskBytes } = plan.readings ?? {};
    // Hosts that are busy just now may not get their way measured in time; then the plan says so.
    t.true((path?.bytesPerSecond ?? 0) > 0 || said.includes('migrate.path-unmeasured'), said.join());
    t.is(memoryBytes, 128 * 2 ** 20);
    t.true((diskBytes ?? 0) > 0);
    t.like(await fleet.where(), { host: home, state: 'running' });
    const blocked = await fleet.cli('migrate', guest, '--to', home, '--plan', '-o', 'json');
    t.is(blocked.code, 5);
    t.true(migrationPlanSchema.parse(JSON.parse(blocked.stdout)).blocked);
  });
}

function playObjectives(current: () => Fleet, isOn: IsOn, home: string, away: string): void {
  test.serial('a migration that would take too long is given up, and the guest is untouched', async (t) => {
    const fleet = current();
    const limits = ['--max-total', '30s', '--bandwidth', '1MiB', '--no-auto-converge'];
    const { code, stderr } = await fleet.cli('migrate', guest, '--to', away, ...limits);
    t.is(code, 6, stderr);
    t.true(await isOn(fleet, home));
  });

  test.serial('a guest that is paused for its copy is whole, and the record of the move holds', async (t) => {
    const fleet = current();
    const moved = (await fleet.json('migrate', guest, '--to', away, '--mode', 'suspend')) as {
      operation: string;
    };
    t.true(await isOn(fleet, away));
    const { code, stdout, stderr } = await fleet.cli('op', 'show', moved.operation, '--proof');
    t.is(code, 0, stderr);
    const file = join(fleet.state, 'move.json');
    await writeFile(file, stdout);
    const verified = await fleet.cli('proof', 'verify', file);
    t.is(verified.code, 0, verified.stderr);
    await writeFile(
      file,
      stdout.replace(/"payload":\s*"(.)/, (text) => `${text}A`),
    );
    t.not((await fleet.cli('proof', 'verify', file)).code, 0);
  });
}

function playDrain(current: () => Fleet, isOn: IsOn, home: string, away: string): void {
  test.serial('a drained host has no guest and takes none until it is undrained', async (t) => {
    const fleet = current();
    const drained = drainResultSchema.parse(await fleet.json('drain', away));
    t.deepEqual(
      drained.guests.map(({ guest: name, to, state }) => ({ name, to, state })),
      [{ name: guest, to: home, state: 'gone' }],
    );
    t.true(await isOn(fleet, home));
    const refused = await fleet.cli('migrate', guest, '--to', away);
    t.is(refused.code, 5);
    t.regex(refused.stderr, /code: host\.in-maintenance/);
    t.is((await fleet.cli('host', 'undrain', away)).code, 0);
    t.is(hostSchema.parse(await fleet.json('host', 'show', away)).state, 'ready');
  });
}
