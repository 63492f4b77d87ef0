/** What the faults are played on: a running fleet of two hosts with its guest, a client of control, and a hand in each host. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient, servingPid } from '../../src/api-client/client.ts';
import { findHome } from '../../src/wire/home.ts';
import type { Operation } from '../../src/wire/resources.ts';
import type { Seat } from '../demo/blanket.ts';
import { type Hand, reachInto } from './hand.ts';

/** `cloud`: the local cloud that its machine is in. */
export type StandHost = { readonly name: string; readonly cloud: string };

export type Stand = {
  readonly seat: Seat;
  readonly guest: string;
  readonly hosts: readonly [StandHost, StandHost];
  readonly state: string;
  readonly client: Client;
  /** The hand in a host, reached anew when its connection has ended. */
  hand(host: string): Promise<Hand>;
  /** The process of control; one is started when there is none. */
  controlPid(): Promise<number>;
  /** What is true of an operation now; control is started when there is none. */
  operation(id: string): Promise<Operation>;
  close(): Promise<void>;
};

/** A host under load, or just booted, refuses at first. */
const handMs = 240_000;

export function openStand(seat: Seat, guest: string, hosts: Stand['hosts']): Stand {
  const { state, socket } = findHome(seat.env);
  const client = createClient(socket);
  const hands = new Map<string, Promise<Hand>>();
  const wake = () => seat.blanket(['op', 'list'], { quiet: true });
  return {
    ...{ seat, guest, hosts, state, client },
    async hand(host) {
      const known = await hands.get(host)?.catch(() => undefined);
      if (known !== undefined && !known.lost()) return known;
      const opened = patiently(() => reachInto(seat, host), handMs);
      hands.set(host, opened);
      return await opened;
    },
    async controlPid() {
      await wake();
      return await servingPid(socket);
    },
    async operation(id) {
      return await patiently(async () => {
        await wake();
        return await client.call('op.show', { params: { id } });
      }, handMs);
    },
    async close() {
      const opened = await Promise.allSettled(hands.values());
      await Promise.all(opened.map((one) => (one.status === 'fulfilled' ? one.value.close() : undefined)));
    },
  };
}

/** Tries again until it works. @throws what it threw last once `limitMs` are over */
export async function patiently<T>(work: () => Promise<T>, limitMs: number, pauseMs = 1_000): Promise<T> {
  const until = Date.now() + limitMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() + pauseMs > until) throw error;
      await sleep(pauseMs);
    }
  }
}
