/** Draft until the networks' half is merged. */
import type { Services } from '../services.ts';
import type { GuestRecord } from '../store/records.ts';
export async function flipForwarding(
  _s: Services,
  _guest: GuestRecord,
  _host: string,
): Promise<number | null> {
  return null;
}
