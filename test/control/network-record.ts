/** A network as tests need it in a store. */
import { type NetworkRecord, networkRecordSchema } from '../../src/control/store/records.ts';

/** As an earlier control would have left it, but for `change`. */
export const networkRecord = (
  name: string,
  subnet: string,
  vni: number,
  change: Partial<NetworkRecord> = {},
): NetworkRecord =>
  networkRecordSchema.parse({ name, subnet, vni, createdAt: '2026-01-02T03:04:05.000Z', ...change });
