/** A host's readings, the drivers' verdicts, and the plan, for people: a section each, nothing left out. */
import type { HostFacts, Readings } from '../../wire/host-facts.ts';
import { type Column, type Field, fieldLines, table } from './table.ts';
import { bytesText } from './units.ts';

export const factsText = (name: string, shown: HostFacts): string =>
  [
    `${name}: driver ${shown.chosen}\n${shown.why}\n`,
    section('READINGS', fieldLines(readingFields(shown.facts))),
    section('DMI', fieldLines(Object.entries(shown.facts.dmi))),
    section('PCI', listing(pciColumns, shown.facts.pci)),
    section('DISKS', listing(diskColumns, shown.facts.blocks)),
    section('NETWORK CARDS', listing(nicColumns, shown.facts.nics)),
    section('VERDICTS', verdictLines(shown.verdicts)),
    section(`PLAN of ${shown.chosen} (nothing was done)`, planLines(shown.plan)),
  ].join('\n');

const section = (title: string, body: string): string =>
  `${title}\n${(body === '' ? 'none\n' : body).replace(/^(?=.)/gm, '  ')}`;

const listing = <T>(columns: readonly Column<T>[], rows: readonly T[]): string =>
  rows.length === 0 ? '' : table(columns, rows);

const words = (list: readonly string[]): string | null => (list.length === 0 ? null : list.join(' '));
const oneOf = ({ current, available }: { current: string; available: readonly string[] }): string =>
  `${current} (of ${available.join(', ')})`;

function readingFields(facts: Readings): Field[] {
  const { hypervisor, cpu, kvm } = facts;
  return [
    ['kernel', facts.kernel],
    ['CPUID hypervisor leaf', hypervisor.leaf ?? 'none'],
    ['systemd-detect-virt', hypervisor.systemd ?? null],
    [
      '/sys/hypervisor',
      words([hypervisor.sysType ?? '', hypervisor.sysUuid ?? ''].filter((one) => one !== '')),
    ],
    ['CPU', `${cpu.count} x ${cpu.model} (${cpu.vendor})`],
    ['CPU flags asked for', words(cpu.flags)],
    ['memory', facts.memoryBytes === undefined ? null : bytesText(facts.memoryBytes)],
    ['KVM', kvm.device ? `/dev/kvm is there, nested ${kvm.nested ? 'on' : 'off'}` : 'no /dev/kvm'],
    ['clock source', oneOf(facts.clock)],
    ['PTP clocks', facts.ptp.length === 0 ? null : facts.ptp.join(', ')],
    ['entropy source', facts.entropy === undefined ? null : oneOf(facts.entropy)],
    ['consoles', words(facts.consoles)],
    ['VMBus classes', words(facts.vmbus)],
    ['xenbus devices', words(facts.xenbus)],
  ];
}

const pciColumns: Column<Readings['pci'][number]>[] = [
  { title: 'ADDRESS', value: ({ address }) => address },
  { title: 'ID', value: ({ vendor, device }) => `${vendor}:${device}` },
  { title: 'CLASS', value: (device) => device.class },
  { title: 'DRIVER', value: ({ driver }) => driver ?? '' },
];

const diskColumns: Column<Readings['blocks'][number]>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'DRIVER', value: ({ driver }) => driver ?? '' },
  { title: 'SIZE', value: ({ bytes }) => bytesText(bytes), align: 'right' },
  { title: 'SCHEDULER', value: ({ scheduler }) => scheduler ?? '' },
  { title: 'MODEL', value: ({ model }) => model ?? '' },
];

const nicColumns: Column<Readings['nics'][number]>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'DRIVER', value: ({ driver }) => driver ?? '' },
  { title: 'MAC', value: ({ mac }) => mac },
  { title: 'MTU', value: ({ mtu }) => String(mtu), align: 'right' },
  { title: 'ADDRESSES', value: ({ addresses }) => addresses.join(' ') },
];

/** One line a piece of evidence, the driver and its verdict on the first. */
function verdictLines(verdicts: HostFacts['verdicts']): string {
  const rows = verdicts.flatMap(({ driver, verdict, evidence }) =>
    evidence.map((clause, index) => (index === 0 ? [driver, verdict, clause] : ['', '', clause])),
  );
  return aligned(rows);
}

/** `2  disk  sda  scheduler=none …`: the number, the shim, and its options. */
const planLines = (plan: HostFacts['plan']): string =>
  aligned(
    plan.map(({ shim, ...options }, index) => [
      String(index + 1),
      shim,
      Object.entries(options)
        .map(([option, value]) => (option === 'name' ? String(value) : `${option}=${optionText(value)}`))
        .join(' '),
    ]),
  );

function optionText(value: unknown): string {
  if (Array.isArray(value)) return value.map(optionText).join(',');
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([key, inner]) => `${key}:${optionText(inner)}`)
      .join(',');
  }
  const text = String(value);
  return text.includes(' ') ? JSON.stringify(text) : text;
}

/** Columns as wide as their widest cell, without titles. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
