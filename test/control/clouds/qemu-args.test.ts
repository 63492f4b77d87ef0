import test from 'ava';
import { loadProfile, profileNames } from '../../../src/control/clouds/local-profile.ts';
import { type QemuSpec, qemuArgs } from '../../../src/control/clouds/qemu-args.ts';

const uuid = 'ec2289d1-96e5-4c1a-8d6c-0f3a5b7c9d01';

async function argsOf(profile: string, more: Partial<QemuSpec> = {}): Promise<string> {
  const spec: QemuSpec = {
    profile: await loadProfile(profile),
    accel: 'tcg',
    name: 'alpha/h1',
    uuid,
    vcpus: 2,
    memoryMiB: 1024,
    disk: '/s/disk.qcow2',
    seed: '/s/seed.iso',
    metadata: undefined,
    console: '/s/console.log',
    pid: '/s/qemu.pid',
    qmpSocket: '/s/a.qmp',
    wanSocket: '/s/a.net',
    sshPort: 2222,
    uplinkMac: '02:00:00:00:00:01',
    wanMac: '02:00:00:00:00:02',
    sandbox: true,
    ...more,
  };
  return qemuArgs(spec).join(' ');
}

const drive = 'drive=disk,bootindex=0,serial=ec2289d196e54c1a8d6c';

const table: Record<string, { machine: string; disk: string; nic: string; smbios: string[] }> = {
  'openstack-kvm': {
    machine: 'pc',
    disk: `-device virtio-blk-pci,${drive}`,
    nic: 'virtio-net-pci',
    smbios: ['manufacturer=OpenStack Foundation,product=OpenStack Nova', `serial=${uuid}`],
  },
  vmware: {
    machine: 'pc',
    disk: `-device pvscsi,id=scsi -device scsi-hd,bus=scsi.0,${drive}`,
    nic: 'vmxnet3',
    smbios: [
      'manufacturer=VMware,, Inc.,product=VMware Virtual Platform',
      'serial=VMware-ec 22 89 d1 96 e5 4c 1a-8d 6c 0f 3a 5b 7c 9d 01',
    ],
  },
  nitro: {
    machine: 'q35',
    disk: `-device nvme,${drive}`,
    nic: 'e1000e',
    smbios: ['manufacturer=Amazon EC2', 'asset=Amazon EC2'],
  },
  gce: {
    machine: 'pc',
    disk: `-device virtio-scsi-pci,id=scsi,addr=0x3 -device scsi-hd,bus=scsi.0,${drive}`,
    nic: 'virtio-net-pci',
    smbios: ['product=Google Compute Engine', 'serial=GoogleCloud-ec2289d196e54c1a8d6c0f3a5b7c9d01'],
  },
  'hyperv-gen1': {
    machine: 'pc',
    disk: `-device ahci,id=ahci -device ide-hd,bus=ahci.0,${drive}`,
    nic: 'tulip',
    smbios: ['manufacturer=Microsoft Corporation,product=Virtual Machine'],
  },
  legacy: {
    machine: 'pc',
    disk: `-device ahci,id=ahci -device ide-hd,bus=ahci.0,${drive}`,
    nic: 'e1000',
    smbios: ['product=Standard PC'],
  },
  odd: {
    machine: 'q35',
    disk: `-device megasas,id=scsi,addr=0x9 -device scsi-hd,bus=scsi.0,${drive}`,
    nic: 'rtl8139',
    smbios: ['vendor=  ,version=0', 'manufacturer=Würfel & Söhne (云),, "GmbH",product=', 'family=ÿ'],
  },
};

test('every profile has a row in the table', async (t) => {
  t.deepEqual((await profileNames()).sort(), Object.keys(table).sort());
});

for (const [profile, row] of Object.entries(table)) {
  test(`the machine of ${profile}`, async (t) => {
    const args = await argsOf(profile);
    t.true(args.includes(`-machine ${row.machine} `));
    t.true(args.includes(row.disk), args);
    t.true(args.includes(`-device ${row.nic},netdev=uplink,mac=02:00:00:00:00:01`));
    t.true(args.includes(`-device ${row.nic},netdev=wan,mac=02:00:00:00:00:02`));
    for (const piece of row.smbios) t.true(args.includes(piece), piece);
    t.true(args.includes(`uuid=${uuid}`));
  });
}

test('TCG gets the masked CPU, KVM the host one', async (t) => {
  const tcg = await argsOf('legacy');
  t.true(tcg.includes('-accel tcg,thread=multi -cpu max,-cx16,-smap,-avx,'));
  const kvm = await argsOf('legacy', { accel: 'kvm' });
  t.true(kvm.includes('-accel kvm -cpu host '));
});

test('slots are given where the profile has them', async (t) => {
  const odd = await argsOf('odd');
  t.true(odd.includes('-device rtl8139,netdev=uplink,mac=02:00:00:00:00:01,romfile=,addr=0x11'));
  t.true(odd.includes('-device rtl8139,netdev=wan,mac=02:00:00:00:00:02,romfile=,addr=0xc'));
  t.false((await argsOf('nitro')).includes('addr='));
});

test('a metadata service is a program that QEMU starts; without one it may start none', async (t) => {
  const plain = await argsOf('legacy');
  t.false(plain.includes('guestfwd'));
  t.true(plain.includes('spawn=deny'));
  const metadata = ['/n ode', "/it's,here", '/vm'];
  const served = await argsOf('nitro', { metadata, seed: undefined });
  t.true(served.includes(',net=169.254.0.0/16,dhcpstart=169.254.0.15,guestfwd=tcp:169.254.169.254:80-cmd:'));
  t.true(served.includes(`-cmd:'/n ode' '/it'\\''s,,here' '/vm' `), served);
  t.true(served.includes('spawn=allow'));
  t.false(served.includes('ide-cd'), 'no CD without a seed');
});

test('the sandbox is asked for only where there is one', async (t) => {
  t.true((await argsOf('legacy')).includes('-sandbox on,'));
  t.false((await argsOf('legacy', { sandbox: false })).includes('-sandbox'));
});

test('a comma in a path stays in the path', async (t) => {
  t.true((await argsOf('legacy', { disk: '/a,b/disk.qcow2' })).includes('file=/a,,b/disk.qcow2'));
});
