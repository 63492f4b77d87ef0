/** What a migration's flow knows, as it is journaled. */

import type { CopyWay } from '../../wire/copy-way.ts';
import type { Problem } from '../../wire/errors.ts';
import type { ColdDigests } from '../../wire/methods/cold.ts';
import type { MigrationStats } from '../../wire/migration.ts';
import type { MigrationPlan } from '../../wire/migration-plan.ts';
import type { HostVersions } from '../../wire/move-proof.ts';
import type { Objective } from '../../wire/objective.ts';
import type { Phase } from '../run-phases.ts';
import type { Services } from '../services.ts';
import type { ClockStep, GuestClock } from './guest-clock.ts';

export type MigrateState = {
  operation: string;
  /** The drain that began it; absent: a person did. */
  drain?: string;
  guest: string;
  source: string;
  destination: string;
  objective: Objective;
  way?: CopyWay;
  /** Of the guest, from admit on; every call carries it (`wire/lease.ts`). */
  lease?: number;
  /** What a check found and let pass. */
  warnings?: Problem[];
  /** What was measured before it began, and foretold from that. */
  planned?: Pick<MigrationPlan, 'readings' | 'prediction' | 'choice'>;
  /** The guest's own clock at the source, and how far the move has set it. */
  clockBefore?: GuestClock;
  clockStep?: ClockStep;
  begun?: { xml: string; cookie: string };
  prepared?: { uri: string; disksUri: string; cookie: string };
  /** `at`: when control heard of it, Unix ms. */
  performed?: { cookie: string; stats: MigrationStats; at: number; postcopy?: boolean | undefined };
  /** The guest goes over before its memory, or has: only the destination can run it from here on. */
  switched?: boolean;
  /** Post-copy failed, and a person was told; who takes the operation up tries to recover it. */
  broken?: boolean;
  /** Its memory was lost in post-copy, and it was started anew from its disk. */
  restarted?: boolean;
  /** The guest's frames go to the destination. */
  handed?: boolean;
  /** When the destination said that the guest goes on, Unix ms. */
  wentAt?: number;
  /**
   * `handoverMs`: from the end of the copy until the guest was known to run, by control's clock (`null` in post-copy where nobody
   * heard when that was); `forwardingMs`: from then until every host sent its frames there.
   */
  finished?: {
    cookie: string;
    stats?: MigrationStats | undefined;
    handoverMs: number | null;
    forwardingMs: number | null;
  };
  /** The host on which a copy stayed that is to be removed once it is back. */
  leftBehind?: string | null;
  confirmed?: { stats?: MigrationStats | undefined };
  /** Of a guest that goes cold: from the first moment on, or never. `downAt`, `upAt`: when it was told to shut down, and was started again, Unix ms. */
  cold?: { wasRunning: boolean; downAt?: number; upAt?: number; sent?: number; files?: ColdDigests };
  /** Of the disk's data on both sides, read while the guest stood still. */
  digests?: { source: string; destination: string };
  /** What ran on both hosts; `null`: one could not be asked. */
  witnessed?: { source: HostVersions | null; destination: HostVersions | null };
};

export type Make = (services: Services) => Phase<MigrateState>;
