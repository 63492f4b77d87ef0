/** What the two hosts' QEMU and libvirt mean for a migration. Versions are `major.minor.micro`, as libvirt words them. */
import type { Finding } from '../../../wire/migration-plan.ts';
import type { EngineName } from '../../../wire/names.ts';
import type { Objective } from '../../../wire/objective.ts';
import { blocker, warning } from './finding.ts';

type Versions = { qemu: string; libvirt: string };
export type VersionCase = {
  guest: string;
  engine: EngineName;
  mode: Objective['mode'];
  source: Versions & { name: string };
  destination: Versions & { name: string };
};

/** Below 0 when `one` is the older. A part that is missing counts as 0. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [one, other].map((version) => version.split('.').map(Number));
  for (let part = 0; part < 3; part++) {
    const difference = (a?.[part] ?? 0) - (b?.[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The first QEMU whose emulated guests keep what they write while they migrate; see docs/decisions/emulated-guests.md. */
const SAFE_EMULATION = '9.0.0';

/** Also with `auto`: to stand still for the whole copy is for a person to decide. */
const emulated = ({ guest, engine, mode, source, destination }: VersionCase): Finding[] => {
  const old = [source, destination].filter(({ qemu }) => compareVersions(qemu, SAFE_EMULATION) < 0);
  if (engine !== 'tcg' || mode === 'suspend' || mode === 'cold' || old.length === 0) return [];
  const where = old.map(({ name, qemu }) => `${qemu} on ${name}`).join(', ');
  return [
    blocker(
      'migrate.emulated-live',
      `${guest} runs emulated (engine tcg), and QEMU before 9.0 (${where}) loses what such a guest writes while it migrates live.`,
      'Migrate it with --mode suspend or --mode cold, or bring QEMU on the hosts to 9.0 or later.',
      { engine, hosts: old },
    ),
  ];
};

const older = (
  what: 'QEMU' | 'libvirt',
  key: keyof Versions,
  { guest, source, destination }: VersionCase,
): Finding[] => {
  const [had, has] = [source[key], destination[key]];
  if (compareVersions(has, had) >= 0) return [];
  return [
    warning(
      what === 'QEMU' ? 'migrate.older-qemu' : 'migrate.older-libvirt',
      `${destination.name} has ${what} ${has}, older than ${had} on ${source.name}; ${guest} may be refused there.`,
      `If it is refused it goes on at ${source.name}; upgrade ${what} on ${destination.name} to be sure.`,
      { source: had, destination: has },
    ),
  ];
};

export const versionFindings = (one: VersionCase): Finding[] => [
  ...emulated(one),
  ...older('QEMU', 'qemu', one),
  ...older('libvirt', 'libvirt', one),
];
