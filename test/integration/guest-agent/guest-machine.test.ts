/** The machine that guests see, as the libvirt of this machine takes it: nothing is added and nothing moved. */
import test from 'ava';
import { widestCpu } from '../../../src/control/fleet/baseline.ts';
import { readEngineCpu } from '../../../src/guest-agent/engines/cpu.ts';
import { type DomainSources, domainXml, machineType } from '../../../src/guest-agent/engines/domain-xml.ts';
import { namesWatchdog } from '../../../src/guest-agent/engines/kvm.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import { migrateFlags, xmlFlags } from '../../../src/libvirt/constants.ts';
import { portableCpu } from '../../../src/wire/cpu.ts';
import { guestSpec } from '../../guest-agent/spec.ts';
import { localServer, type Server } from '../libvirt/server.ts';
import { deviceLines } from './domain-devices.ts';

/** VIR_DOMAIN_START_PAUSED: the machine is made, and nothing runs in it. */
const paused = 1;

let server: Server;
let connection: Connection;

test.before(async () => {
  server = await localServer();
  connection = await server.connect(server.qemuUri);
});

test.after.always(async () => {
  await connection?.close();
  await server?.stop();
});

async function sources(): Promise<DomainSources> {
  const disk = `${server.directory}/disk.qcow2`;
  await server.run('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '1M']);
  return {
    disk,
    extraDisk: (name) => `${server.directory}/${name}.qcow2`,
    consoleLog: `${server.directory}/console.log`,
    bridgeOf: () => 'bridge0',
    mtus: new Map([['shared', 1370]]),
    faultyCpuFeatures: ['cx16'],
    namesWatchdog: namesWatchdog((await connection.versions()).library),
  };
}

const nics = [1, 2, 3].map((last) => ({ mac: `52:54:00:00:00:0${last}`, network: 'shared' }));

test.serial('libvirt takes the machine as it is: no device added, none moved', async (t) => {
  const xml = domainXml(guestSpec({ engine: 'tcg', nics }), await sources());
  const domain = await connection.domains.define(xml);
  t.teardown(() => domain.undefine());
  t.true(deviceLines(xml).length > 15);
  t.deepEqual(deviceLines(await domain.xml()), deviceLines(xml));
});

test.serial('nor when it runs, with any of the CPUs that a guest may have', async (t) => {
  const cpu = await readEngineCpu(connection, 'tcg', machineType, ['cx16']);
  const hosts = [{ host: 'here', cpu }];
  const cpus = {
    portable: portableCpu(['cx16']),
    widest: { choice: 'host' as const, ...widestCpu(hosts, false) },
    nested: { choice: 'host' as const, ...widestCpu(hosts, true) },
  };
  for (const [what, pinned] of Object.entries(cpus)) {
    const xml = domainXml(guestSpec({ engine: 'tcg', nics: [], cpu: pinned }), await sources());
    const domain = await connection.domains.define(xml);
    try {
      await domain.start(paused);
      const live = await domain.xml();
      t.deepEqual(deviceLines(live), deviceLines(xml), what);
      t.is((await domain.state()).state, 'paused');
      t.is(live.includes("<feature policy='require' name='svm'/>"), what === 'nested');
    } finally {
      await domain.destroy();
      await domain.undefine();
    }
  }
});

const serialOf = (xml: string): string | undefined => /<entry name='serial'>([^<]*)</.exec(xml)?.[1];
const tapsIn = (xml: string): string[] =>
  [...xml.matchAll(/<target dev='(bt[^']*)'/g)].map(([, name]) => name ?? '');

test.serial(
  'libvirt keeps the names of the taps and the serial number, also for a destination',
  async (t) => {
    const xml = domainXml(guestSpec({ engine: 'tcg', nics }), await sources());
    const domain = await connection.domains.define(xml);
    t.teardown(() => domain.undefine());
    for (const flags of [0, xmlFlags.inactive, xmlFlags.migratable]) {
      const kept = await domain.xml(flags);
      t.deepEqual(tapsIn(kept), ['bt525400000001', 'bt525400000002', 'bt525400000003']);
      t.is(serialOf(kept), 'ds=nocloud;s=http://169.254.169.254/nocloud/');
    }
  },
);

/** Without a bridge, which takes root to join: the kind of the card's other end is nothing that a guest sees. */
const offBridge = (xml: string): string =>
  xml
    .replace("<interface type='bridge'>", "<interface type='user'>")
    .replace(/<source bridge='[^']*'\/>|<mtu [^>]*>/g, '');

test.serial('a migration may name a tap anew, and neither change nor drop the serial number', async (t) => {
  const xml = offBridge(domainXml(guestSpec({ engine: 'tcg', nics: nics.slice(0, 1) }), await sources()));
  const domain = await connection.domains.define(xml);
  t.teardown(() => domain.undefine());
  await domain.start(paused);
  t.teardown(() => domain.destroy());
  const live = await domain.xml(xmlFlags.migratable);
  const begin = (destinationXml: string) =>
    domain.migration.begin({ flags: migrateFlags.nonSharedInc, parameters: { destinationXml } });
  t.deepEqual(tapsIn((await begin(live.replace("dev='bt525400000001'", "dev='bt525400000009'"))).xml), [
    'bt525400000009',
  ]);
  const refused = { message: /serial|sysinfo|smbios/i };
  await t.throwsAsync(begin(live.replace('/nocloud/', '/other/')), refused);
  await t.throwsAsync(begin(live.replace(/<sysinfo.*<\/sysinfo>|<smbios[^>]*>/gs, '')), refused);
});

test.serial(
  'what the emulator can show is told by name, and what the CPU gets wrong is not in it',
  async (t) => {
    const cpu = await readEngineCpu(connection, 'tcg', machineType, []);
    t.true(['apic', 'cx16', 'sse4.2', 'svm', 'avx2'].every((name) => cpu.features.includes(name)));
    t.deepEqual(cpu.features, [...cpu.features].sort());
    t.false(cpu.features.some((name) => cpu.lacks.includes(name)));
    const faulty = await readEngineCpu(connection, 'tcg', machineType, ['cx16']);
    t.deepEqual(
      faulty.features,
      cpu.features.filter((name) => name !== 'cx16'),
    );
    t.deepEqual([faulty.faulty, faulty.lacks.includes('cx16')], [['cx16'], true]);
  },
);

test.serial('an engine that this host has not tells no CPU', async (t) => {
  await t.throwsAsync(readEngineCpu(connection, 'kvm', 'no-such-machine', []));
});
