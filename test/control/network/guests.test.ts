import test from 'ava';
import { guestHandlers } from '../../../src/control/api/guest-handlers.ts';
import { removeGuestFlow, specOf } from '../../../src/control/guest/guest-flows.ts';
import { freeMac, macOf } from '../../../src/control/network/addresses.ts';
import { portableCpu } from '../../../src/wire/cpu.ts';
import { noMetadata } from '../../../src/wire/network.ts';
import { cpu } from '../fleet/hosts.ts';
import { ended, guestRecord, rig } from '../fleet/rig.ts';
import { hostRecord } from '../host-record.ts';

function onLan(t: Parameters<typeof rig>[0]) {
  const own = rig(t, { a1: cpu(portableCpu([]).features.join(' ')) });
  own.store.hosts.insert(hostRecord('a1', 1));
  own.store.networks.update('lan', { subnet6: 'fd77::/64' });
  const made = async (wish: Parameters<typeof own.create>[0]) => ended(own, await own.create(wish));
  return { ...own, made };
}

test('a guest gets the lowest free address and the same number in IPv6', async (t) => {
  const { made, store } = onLan(t);
  await made({ name: 'web1', host: 'a1' });
  await made({ name: 'web2', host: 'a1' });
  t.like(store.guests.get('web1'), { allow: null, published: [], metadata: noMetadata });
  t.like(store.guests.get('web2').nics[0], { address: '10.77.0.11', address6: 'fd77::b' });
});

test('a guest gets the address, the firewall and the metadata that were asked for', async (t) => {
  const { made, store } = onLan(t);
  const metadata = { sshKeys: ['ssh-ed25519 AAAA'], userData: '#cloud-config\n' };
  await made({ name: 'web1', host: 'a1', address: '10.77.0.99', allow: [{ protocol: 'icmp' }], metadata });
  const guest = store.guests.get('web1');
  t.like(guest.nics[0], { address: '10.77.0.99', address6: 'fd77::63' });
  t.like(guest, { allow: [{ protocol: 'icmp' }], metadata });
  t.deepEqual(specOf(guest).metadata, metadata);
});

test('user data is told of the guest that was asked for, and left out where all are', async (t) => {
  const { made, services } = onLan(t);
  const metadata = { sshKeys: ['ssh-ed25519 AAAA'], userData: '#cloud-config\n' };
  await made({ name: 'web1', host: 'a1', metadata });
  const handlers = guestHandlers(services);
  const call = { query: {}, body: {} };
  t.deepEqual((await handlers['guest.show']({ ...call, params: { name: 'web1' } })).metadata, metadata);
  const [listed] = await handlers['guest.list']({ ...call, params: {} });
  t.deepEqual(listed?.metadata as object, { sshKeys: ['ssh-ed25519 AAAA'] });
});

test('an address in use is refused by name, and no guest is made', async (t) => {
  const { create, made, store } = onLan(t);
  await made({ name: 'web1', host: 'a1', address: '10.77.0.99' });
  const again = async () => create({ name: 'web2', host: 'a1', address: '10.77.0.99' });
  await t.throwsAsync(again, { code: 'network.address-taken', message: /guest web1 has it/ });
  const outside = async () => create({ name: 'web2', host: 'a1', address: '10.78.0.9' });
  await t.throwsAsync(outside, { code: 'network.bad-address' });
  t.deepEqual(
    store.guests.list().map(({ name }) => name),
    ['web1'],
  );
});

test('an address of a host that is gone is free', async (t) => {
  const { made, store } = onLan(t);
  store.networks.update('lan', { hostAddresses: { a1: '10.77.0.254', gone: '10.77.0.10' } });
  await made({ name: 'web1', host: 'a1' });
  t.is(store.guests.get('web1').nics[0]?.address, '10.77.0.10');
  t.deepEqual(store.networks.get('lan').hostAddresses, { a1: '10.77.0.254' });
});

test('a guest whose host is gone can be removed, by force', async (t) => {
  const own = onLan(t);
  own.operations.define(removeGuestFlow(own.services));
  own.store.guests.insert(guestRecord('web1', 'gone'));
  const remove = (force: boolean) =>
    own.operations.start('guest.remove', 'guest/web1', { guest: 'web1', host: 'gone', force });
  t.not((await ended(own, remove(false))).state, 'done');
  t.is((await ended(own, remove(true))).state, 'done');
  t.is(own.store.guests.find('web1'), undefined);
});

test('a MAC that another guest has is not given again', (t) => {
  const uuid = '11111111-2222-4333-8444-555555555555';
  const taken = new Set([macOf(uuid, 0), macOf(uuid, 1)]);
  t.is(freeMac(uuid, taken), macOf(uuid, 2));
  t.is(freeMac(uuid, new Set()), macOf(uuid, 0));
});
