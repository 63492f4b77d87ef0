/** A finished migration of web1 from a1 to b1, as the flow and the store know it. */
import type { Known } from '../../../src/control/proof/move.ts';
import { defaultObjective } from '../../../src/wire/objective.ts';
import type { MigrationResult, Operation } from '../../../src/wire/resources.ts';
import { guestRecord } from '../fleet/rig.ts';
import { hostRecord } from '../host-record.ts';

const versions = { agent: '0.1.0', kernel: '6.12.0', libvirt: '11.3.0', qemu: '10.0.2', machine: null };

export const operation: Operation = {
  id: 'guest-migrate-1a2b3c4d',
  kind: 'guest.migrate',
  subject: 'guest/web1',
  state: 'running',
  phases: [{ name: 'copy', state: 'done', startedAt: '2026-01-01T00:00:01.000Z', durationMs: 5000 }],
  progress: null,
  result: null,
  problem: null,
  version: 1,
  createdAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:00:09.000Z',
};

export const result: MigrationResult = {
  ...{ guest: 'web1', source: 'a1', destination: 'b1', downtimeMs: 351, forwardingMs: 12, totalMs: 9000 },
  ...{ memoryBytes: 61_000_000, diskBytes: 4_000_000, rounds: 3 },
  ...{ downtimeLimitMs: 200, throttlePercent: 0, paused: false },
};

export const known = (): Known => ({
  state: {
    ...{ operation: operation.id, guest: 'web1', source: 'a1', destination: 'b1' },
    objective: defaultObjective,
    witnessed: { source: versions, destination: null },
  },
  operation,
  result,
  guest: guestRecord('web1', 'b1', {}),
  source: hostRecord('a1', 1, {}),
  destination: hostRecord('b1', 2, {}),
});
