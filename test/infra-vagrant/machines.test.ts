import test from 'ava';
import { parse } from 'yaml';
import { readMachines } from '../../infra/vagrant/machines.ts';
import { makeSeed } from '../../infra/vagrant/seed.ts';

const key = { privateKey: 'secret of the key', publicKey: 'ssh-ed25519 KEY' };
const hostKey = { privateKey: 'secret of the host key', publicKey: 'ssh-ed25519 HOST' };

test('the two machines differ in each kind of virtual hardware, and share no address', async (t) => {
  const { machines } = await readMachines();
  const [first, second] = machines;
  for (const part of ['machine', 'disk', 'nic'] as const) t.not(first[part], second[part]);
  for (const part of ['name', 'address'] as const) t.not(first[part], second[part]);
  t.is(new Set(machines.flatMap(({ uplinkMac, wanMac }) => [uplinkMac, wanMac])).size, 4);
});

test('a seed lets one key in, and gives the machine the key that it shows', async (t) => {
  const { machines, network } = await readMachines();
  const { label, files } = makeSeed(machines[0], network.prefix, key, hostKey);
  t.is(label, 'cidata');
  const userData = files['user-data'] ?? '';
  t.true(userData.startsWith('#cloud-config\n'));
  t.like(parse(userData), {
    hostname: 'alpha1',
    ssh_pwauth: false,
    ssh_keys: { ed25519_private: hostKey.privateKey, ed25519_public: hostKey.publicKey },
  });
  t.deepEqual(parse(userData).users[0].ssh_authorized_keys, [key.publicKey]);
  t.false(Object.values(files).join('').includes(key.privateKey));
});

test('a seed gives the address of the network between the machines, and asks for the other one', async (t) => {
  const { machines, network } = await readMachines();
  const { files } = makeSeed(machines[1], network.prefix, key, hostKey);
  const { ethernets } = parse(files['network-config'] ?? '');
  t.like(ethernets.wan, {
    match: { macaddress: machines[1].wanMac },
    addresses: [`${machines[1].address}/${network.prefix}`],
  });
  t.like(ethernets.uplink, { match: { macaddress: machines[1].uplinkMac }, dhcp4: true });
});
