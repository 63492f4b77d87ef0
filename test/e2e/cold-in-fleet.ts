/** A guest goes to the other host while it is stopped: shut down for it and started there, and stopped as it is by a drain. */
import anyTest, { type TestFn } from 'ava';
import { awaitService } from '../../infra/demo/stage.ts';
import { guestSchema, hostSchema, operationSchema } from '../../src/wire/resources.ts';
import { drainResultSchema } from '../../src/wire/routes/drain.ts';
import { type Fleet, guest } from './fleet.ts';

const test = anyTest as TestFn<Fleet>;
const never = new AbortController().signal;
const folder = `/var/lib/blanket/disks/${guest}`;

const inHost = (fleet: Fleet, host: string, ...command: string[]) =>
  fleet.cli('host', 'ssh', host, '--', 'sudo', ...command);

/** Of the whole file, as it lies on that host. @throws when it is not there */
async function digestOn(fleet: Fleet, host: string): Promise<string> {
  const { code, stdout, stderr } = await inHost(fleet, host, 'sha256sum', `${folder}/root.qcow2`);
  const [digest = ''] = stdout.split(' ');
  if (code !== 0 || digest.length !== 64) throw new Error(`no digest from ${host}: ${stdout} ${stderr}`);
  return digest;
}

/** `isOn`: the guest runs on that host and on no other, and nothing on its disk was lost. It is on `home`, and is there again afterwards. */
export function playCold(
  current: () => Fleet,
  isOn: (fleet: Fleet, host: string) => Promise<boolean>,
  [home, away]: readonly [string, string],
): void {
  test.serial('cold: a running guest is shut down, and runs on the other host with its disk', async (t) => {
    const fleet = current();
    const moved = (await fleet.json('migrate', guest, '--to', away, '--mode', 'cold')) as {
      operation: string;
    };
    const { state, result } = operationSchema.parse(await fleet.json('op', 'show', moved.operation));
    t.is(state, 'done');
    t.like(result, { memoryBytes: 0 });
    t.true(Number(result?.downtimeMs) > 0 && Number(result?.diskBytes) > 0, JSON.stringify(result));
    await awaitService(fleet.address, never);
    t.true(await isOn(fleet, away));
    t.not((await inHost(fleet, home, 'ls', folder)).code, 0);
  });

  test.serial(
    'cold: a drain takes a stopped guest along, and its disk is the same to the byte',
    async (t) => {
      const fleet = current();
      t.is((await fleet.cli('guest', 'stop', guest)).code, 0);
      const before = await digestOn(fleet, away);
      const drained = drainResultSchema.parse(await fleet.json('drain', away, '--stopped'));
      t.deepEqual(
        drained.guests.map(({ guest: name, to, state }) => ({ name, to, state })),
        [{ name: guest, to: home, state: 'gone' }],
      );
      t.like(await fleet.where(), { host: home, state: 'stopped' });
      t.is(await digestOn(fleet, home), before);
      t.not((await inHost(fleet, away, 'ls', folder)).code, 0);
      t.is((await fleet.cli('host', 'undrain', away)).code, 0);
      t.is(hostSchema.parse(await fleet.json('host', 'show', away)).state, 'ready');
      t.is(guestSchema.parse(await fleet.json('guest', 'start', guest)).state, 'running');
      await awaitService(fleet.address, never);
      t.true(await isOn(fleet, home));
    },
  );
}
