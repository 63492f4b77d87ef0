import test from 'ava';
import type { Facts } from '../../src/blanket-drivers/facts.ts';
import { clockSources } from '../../src/blanket-drivers/plans.ts';
import { driverNamed, drivers } from '../../src/blanket-drivers/registry.ts';
import type { ShimPlan } from '../../src/blanket-drivers/shims/shim.ts';
import { machine, recorded, recordedAs } from './machines.ts';

type Named<S extends ShimPlan['shim']> = Extract<ShimPlan, { shim: S }>;

/** What the expected driver plans for a recorded machine, of one shim. */
function planned<S extends ShimPlan['shim']>(name: string, shim: S): Named<S>[] {
  const { expect, facts } = recordedAs(name);
  const plan = driverNamed(expect.driver)?.plan(facts) ?? [];
  return plan.filter((item): item is Named<S> => item.shim === shim);
}

const order = ['nic', 'disk', 'clock', 'entropy', 'console', 'memory', 'nested', 'notices'];

for (const driver of drivers) {
  test(`${driver.name} plans each of the eight shims, in their order, on every machine that has what they need`, (t) => {
    for (const { name, facts } of recorded) {
      const shims = driver.plan(facts).map(({ shim }) => shim);
      t.deepEqual(
        shims,
        [...shims].sort((a, b) => order.indexOf(a) - order.indexOf(b)),
      );
      const possible = order.filter((shim) => shim !== 'nic' || facts.nics.length > 0);
      t.deepEqual([...new Set(shims)], possible, name);
    }
  });

  test(`${driver.name} names only what is there, each device once`, (t) => {
    for (const { name, facts } of recorded) {
      const plan = driver.plan(facts);
      const named = plan.flatMap((item) => (item.shim === 'nic' || item.shim === 'disk' ? [item] : []));
      t.is(new Set(named.map((item) => item.name)).size, named.length);
      for (const item of named) {
        const devices: { name: string; driver?: string | undefined }[] =
          item.shim === 'nic' ? facts.nics : facts.blocks;
        const device = devices.find((one) => one.name === item.name);
        t.truthy(device, `${item.name} on ${name}`);
        if (item.module !== undefined) t.is<string | undefined, string>(device?.driver, item.module);
      }
    }
  });

  test(`${driver.name} says how to switch nested virtualization on where it is hidden, and only there`, (t) => {
    const nested = (facts: Facts) => driver.plan(facts).find(({ shim }) => shim === 'nested');
    const hidden = nested(machine({ flags: ['hypervisor'] }));
    t.regex(hidden?.shim === 'nested' ? (hidden.howTo ?? '') : '', /^[A-Z].{30,}\.$/);
    t.deepEqual(nested(machine({ flags: ['svm'] })), { shim: 'nested', module: 'kvm_amd' });
    t.deepEqual(nested(machine({ flags: ['vmx'] })), { shim: 'nested', module: 'kvm_intel' });
  });
}

test("a cloud's own card is named; a substitute under the same DMI gets a plan without it", (t) => {
  const common = { queueLength: 2000, queues: 'all', probeMtu: true, ownMacOnly: true } as const;
  t.deepEqual(planned('aws-nitro-m5', 'nic'), [{ shim: 'nic', name: 'ens5', module: 'ena', ...common }]);
  t.deepEqual(planned('aws-nitro-local-profile', 'nic'), [{ shim: 'nic', name: 'enp0s2', ...common }]);
  t.is(planned('gce-n2-gvnic-nested', 'nic')[0]?.module, 'gvnic');
  t.is(planned('aws-xen-t2', 'nic')[0]?.module, 'vif');
});

test('receive segments are not merged where they would be forwarded', (t) => {
  for (const name of ['vmware-esxi-bios', 'azure-gen1', 'hyperv-gen2', 'oracle-vm-sriov']) {
    t.deepEqual(planned(name, 'nic')[0]?.offloads, { lro: false }, name);
  }
});

test('a virtual function below a Hyper-V card is left to that card', (t) => {
  for (const name of ['azure-v5-accelerated', 'azure-v6-mana-nvme']) {
    t.deepEqual(
      planned(name, 'nic').map((nic) => nic.name),
      ['eth0'],
      name,
    );
  }
});

test('time-outs are those that each cloud documents, for the kind of disk that has them', (t) => {
  t.is(planned('aws-nitro-m5', 'disk')[0]?.nvmeTimeoutSeconds, 4_294_967_295);
  t.is(planned('aws-xen-t2', 'disk')[0]?.nvmeTimeoutSeconds, undefined);
  t.is(planned('azure-v6-mana-nvme', 'disk')[0]?.nvmeTimeoutSeconds, 240);
  t.is(planned('azure-gen1', 'disk')[0]?.timeoutSeconds, 300);
  t.is(planned('vmware-local-profile', 'disk')[0]?.timeoutSeconds, 180);
  t.is(planned('gce-n1', 'disk')[0]?.timeoutSeconds, undefined);
});

test('generic leaves the order of requests to the kernel', (t) => {
  t.deepEqual(planned('generic-legacy-local-profile', 'disk'), [
    { shim: 'disk', name: 'sda', discard: true, stableName: true },
  ]);
});

test('a drive without a medium is no disk to set up', (t) => {
  const facts = machine({ blocks: [{ name: 'sdb', bytes: 0 }] });
  t.false(drivers.some((driver) => driver.plan(facts).some(({ shim }) => shim === 'disk')));
});

test('the TSC comes first where it can be trusted, the paravirtual clock where not', (t) => {
  const invariant = machine({ flags: ['constant_tsc', 'nonstop_tsc'] });
  t.deepEqual(clockSources(invariant, ['kvm-clock']), ['tsc', 'kvm-clock', 'hpet', 'acpi_pm']);
  const varying = machine({ flags: ['constant_tsc'] });
  t.deepEqual(clockSources(varying, ['kvm-clock']), ['kvm-clock', 'tsc', 'hpet', 'acpi_pm']);
  t.deepEqual(planned('aws-xen-t2', 'clock')[0]?.prefer, ['tsc', 'xen', 'hpet', 'acpi_pm']);
  t.is(planned('azure-gen1', 'clock')[0]?.prefer[0], 'hyperv_clocksource_tsc_page');
});

const clocks: [machine: string, ptp: string | undefined, servers: string[] | undefined][] = [
  ['aws-nitro-m5', 'ena', ['169.254.169.123']],
  ['aws-nitro-local-profile', undefined, ['169.254.169.123']],
  ['aws-xen-t2', undefined, ['169.254.169.123']],
  ['gce-n1', 'ptp_kvm', ['metadata.google.internal']],
  ['gce-local-profile', undefined, ['metadata.google.internal']],
  ['azure-gen1', 'hv_utils', undefined],
  ['vmware-esxi8-efi', 'ptp_vmw', undefined],
  ['vmware-local-profile', undefined, undefined],
  ['openstack-kvm-nova', 'ptp_kvm', undefined],
  ['openstack-kvm-own-xen', undefined, undefined],
  ['oracle-vm-standard', 'ptp_kvm', ['169.254.169.254']],
];
for (const [name, ptp, servers] of clocks) {
  test(`${name}: PTP by ${ptp ?? 'nothing'}, time servers ${servers?.join(' ') ?? "of the distribution's"}`, (t) => {
    const [clock] = planned(name, 'clock');
    t.is<string | undefined, string | undefined>(clock?.ptp, ptp);
    t.deepEqual(clock?.servers, servers);
  });
}

const balloons: [machine: string, balloon: string | undefined][] = [
  ['openstack-kvm-nova', 'virtio_balloon'],
  ['hetzner-cpx-q35', 'virtio_balloon'],
  ['hyperv-gen2', 'hv_balloon'],
  ['vmware-esxi-bios', 'vmw_balloon'],
  ['vmware-local-profile', undefined],
  ['xen-hvm-xcp-ng', 'xen_balloon'],
  ['aws-nitro-m5', undefined],
];
for (const [name, balloon] of balloons) {
  test(`${name}: balloon ${balloon ?? 'none'}, KSM off`, (t) => {
    const expected = { shim: 'memory', ksm: false, hugePages: 'madvise', ...(balloon && { balloon }) };
    t.deepEqual<unknown, unknown>(planned(name, 'memory'), [expected]);
  });
}

test('notices come from the four clouds whose announcements Blanket knows', (t) => {
  const sourceOf = (name: string) => planned(name, 'notices')[0]?.source;
  t.is(sourceOf('aws-nitro-m5'), 'aws');
  t.is(sourceOf('aws-xen-pv'), 'aws');
  t.is(sourceOf('gce-n1'), 'gce');
  t.is(sourceOf('azure-gen1'), 'azure');
  t.is(sourceOf('alibaba-ecs'), 'alibaba');
  t.is(sourceOf('hyperv-gen2'), 'none');
});
