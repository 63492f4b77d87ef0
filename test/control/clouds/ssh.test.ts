import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Cloud, VmSpec } from '../../../src/control/clouds/cloud.ts';
import { openCloud } from '../../../src/control/clouds/registry.ts';
import { newLease } from '../../../src/control/clouds/ssh-lease.ts';
import { leaveMachine, surveyMachine } from '../../../src/control/clouds/ssh-machine.ts';
import { makeKeyPair } from '../../../src/control/ssh/ssh-link.ts';
import { type FakeMachine, fakeMachine, fit } from './fake-machine.ts';

const never = new AbortController().signal;
const entry = { user: 'blanket', publicKey: "ssh-ed25519 AAAA it's", unit: '[Unit]\n' };
const spec = (name: string, machine?: string): VmSpec => ({
  ...{ name, image: '', userData: '', vcpus: 1, memoryMiB: 512, diskGiB: 8 },
  ...(machine !== undefined && { machine }),
});

async function lab(...machines: FakeMachine[]): Promise<Cloud> {
  const state = await mkdtemp(join(tmpdir(), 'blanket-ssh-cloud-'));
  return openCloud('ssh', 'lab', { machines: machines.map(({ machine }) => machine) }, { state });
}

const rack = (t: ExecutionContext, name = 'rack7') => fakeMachine(t, name);

test('a machine is taken as it is: its own key, its own size, and nothing is done to it', async (t) => {
  const machine = await rack(t);
  const cloud = await lab(machine);
  const { host, port, hostKey } = machine.machine;
  t.deepEqual(await cloud.createVm(spec('a1', 'rack7'), never), {
    ...{ id: 'rack7', name: 'a1', state: 'running', ssh: { host, port }, address: host },
    was: { hostKey, vcpus: 4, memoryMiB: 7936, diskGiB: 39 },
  });
  t.is(machine.told.length, 1);
  t.like(await cloud.findVm('a1'), { id: 'rack7', state: 'running' });
});

test('a machine behind a NAT is said to be, and no other', async (t) => {
  const [open, hidden] = [await rack(t), await rack(t, 'rack8')];
  Object.assign(hidden.machine, { nat: true });
  const cloud = await lab(open, hidden);
  t.is((await cloud.createVm(spec('rack7'), never)).behindNat, undefined);
  t.true((await cloud.createVm(spec('rack8'), never)).behindNat);
});

test('the machine of the host’s own name is meant when none is named', async (t) => {
  const machine = await rack(t);
  const cloud = await lab(machine);
  t.like(await cloud.createVm(spec('rack7'), never), { id: 'rack7' });
  const error = await t.throwsAsync(cloud.createVm(spec('other'), never));
  t.like(error, { code: 'cloud.machine-not-found', next: 'Name one with --machine: rack7.' });
});

test('another key than the pinned one ends it before anything is said', async (t) => {
  const machine = await rack(t);
  machine.machine.hostKey = makeKeyPair('other').publicKey;
  const cloud = await lab(machine);
  t.like(await t.throwsAsync(cloud.createVm(spec('rack7'), never)), { code: 'ssh.host-key' });
  t.deepEqual(machine.told, []);
  t.is(await cloud.findVm('rack7'), undefined);
});

test('a machine is lent once', async (t) => {
  const cloud = await lab(await rack(t));
  await cloud.createVm(spec('a1', 'rack7'), never);
  t.like(await cloud.createVm(spec('a1', 'rack7'), never), { id: 'rack7' }); // repeated after a crash
  const error = await t.throwsAsync(cloud.createVm(spec('a2', 'rack7'), never));
  t.like(error, { code: 'cloud.machine-in-use', data: { host: 'a1', machine: 'rack7', cloud: 'lab' } });
  t.like(await t.throwsAsync(cloud.destroy()), { code: 'cloud.in-use' });
});

test('a machine with another’s blanket is left alone, and free for whoever asks next', async (t) => {
  const machine = await rack(t);
  const cloud = await lab(machine);
  machine.answer = () => ({ stdout: `${fit}there the user blanket\n`, code: 0 });
  t.like(await t.throwsAsync(cloud.createVm(spec('rack7'), never)), { code: 'cloud.machine-taken' });
  t.is(await cloud.findVm('rack7'), undefined);
});

test('prepared as root with each value as one word, and given back under the same lease', async (t) => {
  const machine = await rack(t);
  const cloud = await lab(machine);
  await cloud.createVm(spec('rack7'), never);
  await cloud.prepareVm?.('rack7', entry, never);
  await cloud.destroyVm('rack7');
  await cloud.destroyVm('rack7');
  const [, prepared, left, ...more] = machine.told;
  const lease = /'\/var\/lib\/blanket' '([0-9a-f-]{36})'/.exec(prepared?.command ?? '')?.[1];
  t.true(prepared?.command.startsWith('sudo -n sh -eu -s -- '));
  t.true(prepared?.command.includes(String.raw`'ssh-ed25519 AAAA it'\''s'`));
  t.true(left?.command.includes(`'/var/lib/blanket' '${lease}'`));
  t.deepEqual(more, []);
  t.is(await cloud.findVm('rack7'), undefined);
  await cloud.destroy();
});

test('a machine that cannot be given back stays lent, so that it can be tried again', async (t) => {
  const machine = await rack(t);
  const cloud = await lab(machine);
  await cloud.createVm(spec('rack7'), never);
  machine.answer = () => ({ stdout: '', code: 1 });
  t.like(await t.throwsAsync(cloud.destroyVm('rack7')), { code: 'ssh.command-failed' });
  machine.answer = () => ({ stdout: '', code: 0 });
  await cloud.destroyVm('rack7');
  t.is(await cloud.findVm('rack7'), undefined);
});

test('a machine that is gone for good is given up as it is', async (t) => {
  const machine = await rack(t);
  const cloud = await lab(machine);
  await cloud.createVm(spec('rack7'), never);
  await machine.end();
  t.like(await t.throwsAsync(cloud.destroyVm('rack7')), { code: 'ssh.unreachable' });
  await cloud.giveUpVm?.('rack7');
  t.is(await cloud.findVm('rack7'), undefined);
});

test('a machine that another took after it was found free is refused when it is prepared', async (t) => {
  const machine = await rack(t);
  const cloud = await lab(machine);
  await cloud.createVm(spec('rack7'), never);
  machine.answer = () => ({ stdout: 'taken\n', code: 0 });
  t.like(await t.throwsAsync(cloud.prepareVm?.('rack7', entry, never) ?? Promise.resolve()), {
    code: 'cloud.machine-taken',
    data: { machine: 'rack7', there: ['/var/lib/blanket'] },
  });
});

test('a machine that never ends what it is told is waited for only so long', async (t) => {
  const silent = await rack(t);
  silent.answer = () => 'silence';
  const timedOut = {
    code: 'cloud.machine-timed-out',
    kind: 'timed-out',
    data: { machine: 'rack7', limitMs: 500 },
  };
  t.like(await t.throwsAsync(surveyMachine(silent.machine, never, 500)), timedOut);
  t.like(await t.throwsAsync(leaveMachine(silent.machine, newLease('a1', 'rack7'), 500)), timedOut);
});

test('a survey ends with the operation that asked for it', async (t) => {
  const silent = await rack(t);
  const cancel = new AbortController();
  const reason = new Error('cancelled');
  silent.answer = () => {
    cancel.abort(reason);
    return 'silence';
  };
  t.is(await t.throwsAsync(surveyMachine(silent.machine, cancel.signal)), reason);
});

test('a machine that is off is found stopped, and cannot be switched on from here', async (t) => {
  const machine = await rack(t);
  const cloud = await lab(machine);
  await cloud.createVm(spec('rack7'), never);
  t.like(await cloud.startVm('rack7', never), { state: 'running' });
  await machine.end();
  t.like(await cloud.findVm('rack7'), { state: 'stopped' });
  t.like(await t.throwsAsync(cloud.startVm('rack7', never)), { code: 'cloud.cannot-start' });
  t.is(await cloud.readConsole('rack7', 100), '');
});

test('a cloud whose key file is not there is refused when it is added', async (t) => {
  const machine = await rack(t);
  machine.machine.identityFile += '.missing';
  t.like(await t.throwsAsync((await lab(machine)).check(never)), {
    code: 'cloud.no-identity',
    kind: 'usage',
  });
});

const config = (change: object) => ({
  machines: [
    {
      ...{
        name: 'a',
        host: 'a.example',
        user: 'root',
        identityFile: '/k',
        hostKey: makeKeyPair('h').publicKey,
      },
      ...change,
    },
  ],
});

const wrong: [what: string, config: object, says: RegExp][] = [
  ['no pinned key', config({ hostKey: undefined }), /ssh-keyscan -t ed25519/],
  ['a key of another type', config({ hostKey: 'ssh-rsa AAAAB3NzaC1yc2E' }), /ssh-keyscan -t ed25519/],
  ['a relative key file', config({ identityFile: 'id' }), /absolute path/],
  ['a host that is an option', config({ host: '-oProxyCommand=x' }), /host name/],
  ['an address that is none', config({ address: '10.0.0.1 x' }), /host name/],
  ['no machine', { machines: [] }, /machines/],
  ['a name twice', { machines: [...config({}).machines, ...config({}).machines] }, /same name/],
];

for (const [what, given, says] of wrong) {
  test(`the configuration is refused: ${what}`, (t) => {
    const error = t.throws(() => openCloud('ssh', 'lab', given, { state: '/nowhere' }));
    t.like(error, { code: 'cloud.bad-config' });
    t.regex(error.message, says);
  });
}
