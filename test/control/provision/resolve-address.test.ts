import test from 'ava';
import { provisionFlow } from '../../../src/control/provision/provision.ts';
import { resolveAddress } from '../../../src/control/provision/resolve-address.ts';
import { fakeMachine } from '../clouds/fake-machine.ts';
import { hostRecord } from '../host-record.ts';
import { rig } from '../network/rig.ts';

test('an address is what it is, and a name what it stands for', async (t) => {
  const ask = async (name: string) => ({ address: name === 'rack7.example' ? '192.0.2.7' : '' });
  t.is(await resolveAddress('a1', 'rack7.example', ask), '192.0.2.7');
  for (const address of ['192.0.2.1', '2001:db8::1']) t.is(await resolveAddress('a1', address, ask), address);
});

test('a name that stands for nothing is refused, with what to write instead', async (t) => {
  const ask = () => Promise.reject(new Error('getaddrinfo ENOTFOUND'));
  const error = await t.throwsAsync(resolveAddress('a1', 'rack7.example', ask), { code: 'host.unresolved' });
  t.like(error, { kind: 'blocked', data: { host: 'a1', address: 'rack7.example' } });
});

test('a host is kept with the address that its name stands for, but behind a NAT with what it is called', async (t) => {
  const { machine } = await fakeMachine(t, 'd1');
  const { store, services } = rig(t);
  const machines = [
    { ...machine, address: 'localhost' },
    { ...machine, name: 'd2', address: 'rack7.invalid', nat: true },
  ];
  store.clouds.insert({
    ...{ name: 'east', type: 'ssh', config: { machines }, createdAt: '2026-01-02T03:04:05.000Z' },
  });
  const [create] = provisionFlow(services).phases;
  const signal = new AbortController().signal;
  for (const [index, host] of ['d1', 'd2'].entries()) {
    store.hosts.insert(hostRecord(host, 4 + index, { state: 'provisioning' }));
    const state = { host, bootTimeoutMs: 1 };
    await create?.do({ state, signal, save: () => undefined, progress: () => undefined });
  }
  t.deepEqual(
    ['d1', 'd2'].map((host) => store.hosts.get(host).address),
    ['127.0.0.1', 'rack7.invalid'],
  );
});
