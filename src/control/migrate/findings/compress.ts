/** Compression that was asked for, and cannot be. Where nobody asked for it, a guest goes uncompressed and nothing is found. */
import type { Finding } from '../../../wire/migration-plan.ts';
import { type ChoiceCase, whyUnable } from '../choose-copy.ts';
import { blocker } from './finding.ts';

export function compressFindings(one: ChoiceCase): Finding[] {
  if (one.objective.compress !== 'zstd') return [];
  const why = whyUnable(one);
  if (why === undefined) return [];
  const versions = [one.source, one.destination].map(({ name, qemu, libvirt }) => ({ name, qemu, libvirt }));
  return [
    blocker(
      'migrate.compress-unable',
      `What goes from ${one.source.name} to ${one.destination.name} cannot be compressed: ${why}`,
      'Leave --compress out (or `auto`), or bring libvirt to 9.4, QEMU to 8.1 and the agent to that of control on both hosts.',
      { engine: one.engine, hosts: versions },
    ),
  ];
}
