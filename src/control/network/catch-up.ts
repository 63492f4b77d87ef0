/** Tells a host what it has missed of guest networks, and asks what control does not know of it, when that is due. */
import type { Services } from '../services.ts';
import { type Ending, settle, takeDue } from './behind.ts';
import { handsOver } from './journeys.ts';
import { learnSubnets } from './own-subnets.ts';
import { isPortTaken, syncHost } from './sync.ts';

/** For a host that has just answered. What fails is logged, and tried again later. @param nowMs Unix ms. */
export async function catchUp(services: Services, host: string, nowMs = Date.now()): Promise<void> {
  const { store, log } = services;
  if (handsOver(store, host)) return;
  const debt = takeDue(store, host, nowMs);
  if (debt === undefined) return;
  let ending: Ending = 'failed';
  try {
    const failures = await syncHost(services, host);
    if (store.hosts.get(host).subnets === null) await learnSubnets(services, host);
    ending = failures.length === 0 ? 'done' : failures.every(isPortTaken) ? 'port-taken' : 'failed';
  } catch (error) {
    log.error({ host, err: error }, 'host not brought up to date');
  } finally {
    settle(store, host, debt, ending, nowMs);
  }
}
