/**
 * The seed of a machine: an ISO image from which its cloud-init takes the user that Vagrant enters as, the key that lets
 * it in, the key that the machine shows, and its addresses (cloud-init, DataSourceNoCloud; label cidata). It lies in
 * libvirt's own storage, since QEMU runs as a user who may not look into anybody's home.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Seed, writeSeed } from '../../src/control/clouds/local-seed.ts';
import { type KeyPair, readKey } from './keys.ts';
import { hostKeyFile, keyFile, type Machine, type Machines, vagrantPlace } from './machines.ts';
import { needPool, pool, removeVolume, virsh } from './virsh.ts';

export const vagrantUser = 'vagrant';

export function makeSeed(machine: Machine, prefix: number, key: KeyPair, hostKey: KeyPair): Seed {
  const userData = {
    ssh_deletekeys: true,
    ssh_genkeytypes: [],
    ssh_keys: { ed25519_private: hostKey.privateKey, ed25519_public: hostKey.publicKey },
    ssh_pwauth: false,
    disable_root: true,
    hostname: machine.name,
    preserve_hostname: false,
    manage_etc_hosts: true,
    users: [
      {
        name: vagrantUser,
        shell: '/bin/bash',
        lock_passwd: true,
        sudo: 'ALL=(ALL) NOPASSWD:ALL',
        ssh_authorized_keys: [key.publicKey],
      },
    ],
    growpart: { mode: 'auto', devices: ['/'] },
    resize_rootfs: true,
  };
  const network = {
    version: 2,
    ethernets: {
      uplink: { match: { macaddress: machine.uplinkMac }, 'set-name': 'uplink', dhcp4: true },
      wan: {
        match: { macaddress: machine.wanMac },
        'set-name': 'wan',
        addresses: [`${machine.address}/${prefix}`],
      },
    },
  };
  const metadata = { 'instance-id': `blanket-${machine.name}`, 'local-hostname': machine.name };
  return {
    label: 'cidata',
    files: {
      'meta-data': stringify(metadata),
      'network-config': stringify(network),
      'user-data': `#cloud-config\n${stringify(userData, { lineWidth: 0 })}`,
    },
  };
}

const volumeOf = (machine: string): string => `blanket-${machine}-seed.iso`;

/** Puts each machine's seed into libvirt's storage and gives where. */
export async function uploadSeeds({ network, machines }: Machines): Promise<Record<string, string>> {
  await needPool();
  const key = await readKey(keyFile());
  const paths: Record<string, string> = {};
  for (const machine of machines) {
    const seed = makeSeed(machine, network.prefix, key, await readKey(hostKeyFile(machine.name)));
    paths[machine.name] = await upload(seed, volumeOf(machine.name));
  }
  return paths;
}

async function upload(seed: Seed, volume: string): Promise<string> {
  const folder = await mkdtemp(join(vagrantPlace(), 'seed-'));
  const file = join(folder, 'seed.iso');
  try {
    await writeSeed(seed, file, new AbortController().signal);
    await removeVolume(volume);
    await virsh('vol-create-as', pool, volume, '0', '--format', 'raw');
    await virsh('vol-upload', '--pool', pool, volume, file);
    return await virsh('vol-path', '--pool', pool, volume);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export async function removeSeeds({ machines }: Machines): Promise<void> {
  for (const { name } of machines) await removeVolume(volumeOf(name));
}
