/** Guests' serial consoles: a WebSocket on control's socket, joined to one on the agent's. */
import type { Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { toProblem } from '../../wire/errors.ts';
import type { Gate } from '../access/gate.ts';
import { admitVisit } from '../console/admission.ts';
import type { Services } from '../services.ts';
import { endWithProblem } from './request-errors.ts';

/** WebSocket close codes: a code of our own for every failure, with the sentence as the reason. */
const CLOSE_NORMAL = 1000;
const CLOSE_FAILED = 4000;
/** A close reason may have 123 bytes (RFC 6455, section 5.5). */
const REASON_BYTES = 120;
/** Bytes that may wait for a slow reader before the other side is paused. */
const HIGH_WATER = 1 << 18;

/** Whoever writes at a console changes the guest. */
export function serveConsoles(http: Server, services: Services, gate: Gate): void {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  http.on('upgrade', (request, socket, head) => {
    let guest: string;
    try {
      guest = admitVisit(gate, request).guest;
    } catch (error) {
      return endWithProblem(socket, error);
    }
    server.handleUpgrade(request, socket, head, (user) => void join(services, guest, user));
  });
}

async function join({ store, agents, log }: Services, guest: string, user: WebSocket): Promise<void> {
  const early: Buffer[] = [];
  const keep = (data: Buffer) => early.push(data);
  user.on('message', keep);
  try {
    const console = await agents.console(store.guests.get(guest).host, guest);
    console.once('open', () => {
      user.off('message', keep);
      for (const data of early) console.send(data);
      pipe(user, console);
    });
    pipe(console, user);
  } catch (error) {
    log.warn({ guest, err: error }, 'no console');
    user.close(CLOSE_FAILED, toProblem(error).message.slice(0, REASON_BYTES));
  }
}

function pipe(from: WebSocket, to: WebSocket): void {
  from.on('message', (data: Buffer) => {
    if (to.readyState !== to.OPEN) return;
    to.send(data, () => from.isPaused && to.bufferedAmount < HIGH_WATER && from.resume());
    if (to.bufferedAmount > HIGH_WATER) from.pause();
  });
  from.on('close', (code, reason) => {
    if (to.readyState === to.OPEN) to.close(code >= CLOSE_FAILED ? code : CLOSE_NORMAL, reason);
  });
  from.on('error', () => to.readyState === to.OPEN && to.close(CLOSE_FAILED, 'The console broke.'));
}
