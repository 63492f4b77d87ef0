/**
 * A person (or a script) at a guest's serial console.
 *
 *   connecting --> connected <--> away (control restarts, the guest migrates)
 *        |             |            | 60 s, or the guest has stopped
 *     refused     Ctrl-], or     ended
 *                 end of input
 *
 * Input typed while there is no connection is kept and sent after. Input that ends (a pipe) ends the session
 * after a silence, so that answers are seen; input that is empty from the start only listens, without end.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../api-client/client.ts';
import { type Console, openConsole } from '../api-client/console.ts';
import { isAway } from '../api-client/exchange.ts';
import { BlanketError } from '../wire/errors.ts';

/** Ctrl-]. */
export const escapeByte = 0x1d;
/** A connection that ends sooner has been none: control accepted before it knew better. */
const settledMs = 2_000;
const retryMs = 500;

export type SessionOptions = {
  client: Client;
  guest: string;
  input: AsyncIterable<Uint8Array>;
  output: (bytes: Uint8Array) => void;
  note: (line: string) => void;
  /** How long to try to get back, in ms. Default 60,000. */
  reconnectMs?: number;
  /** Silence after the end of the input, in ms. Default 2,000. */
  lingerMs?: number;
};

/** Close codes from here on are control's own, with a sentence as the reason (RFC 6455, section 7.4.2). */
const failedCode = 4_000;

type Away = { since: number; why: string };

type Line = {
  console: Console;
  /** When the guest last wrote, or the input ended. */
  heard: { at: number };
  over: boolean;
};

/** Resolves when the user, the end of the input or the guest's stop ended it. @throws BlanketError */
export async function runConsole(options: SessionOptions): Promise<void> {
  await refuseStopped(options);
  const heard = { at: Date.now() };
  const hear = (bytes: Uint8Array) => {
    heard.at = Date.now();
    options.output(bytes);
  };
  const dial = () => openConsole(options.client.connection, options.guest, hear);
  const line: Line = { console: await dial(), heard, over: false };
  options.note(`At the console of guest ${options.guest}. Ctrl-] ends.`);
  try {
    await Promise.race([typeAll(options, line), stay(options, line, dial)]);
  } finally {
    line.over = true;
    line.console.close();
  }
}

async function refuseStopped({ client, guest }: SessionOptions): Promise<void> {
  const { state } = await client.call('guest.show', { params: { name: guest } });
  if (state !== 'stopped') return;
  throw new BlanketError('guest.not-running', `Guest ${guest} is stopped and has no console.`, {
    kind: 'conflict',
    next: `\`blanket guest start ${guest}\` starts it.`,
    data: { guest },
  });
}

/** Keeps the line connected; resolves when the guest has stopped or the session is over. */
async function stay(options: SessionOptions, line: Line, dial: () => Promise<Console>): Promise<void> {
  let away: Away | undefined;
  let everSettled = false;
  for (;;) {
    const since = Date.now();
    const { code, reason } = await line.console.ended;
    if (line.over) return;
    const settled = Date.now() - since > settledMs || line.heard.at > since;
    everSettled ||= settled;
    if (code >= failedCode && !everSettled) throw failed(options.guest, reason);
    if (settled || away === undefined) {
      away = { since: Date.now(), why: reason };
      options.note(`The console was disconnected${reason === '' ? '.' : `: ${reason}`} Connecting again…`);
    }
    const again = await redial(options, line, dial, away);
    if (again === undefined) return;
    line.console = again;
  }
}

/** `undefined` when the guest has stopped or the session is over. */
async function redial(
  options: SessionOptions,
  line: Line,
  dial: () => Promise<Console>,
  away: Away,
): Promise<Console | undefined> {
  const { client, guest, reconnectMs = 60_000 } = options;
  while (!line.over) {
    await sleep(retryMs);
    if (Date.now() - away.since > reconnectMs) throw failed(guest, away.why);
    try {
      const { state } = await client.call('guest.show', { params: { name: guest } });
      if (state !== 'stopped') return await dial();
      options.note(`Guest ${guest} has stopped.`);
      return undefined;
    } catch (error) {
      if (!isAway(error)) throw error;
    }
  }
  return undefined;
}

const failed = (guest: string, why: string): BlanketError =>
  new BlanketError('console.failed', `The console of guest ${guest} cannot be reached.`, {
    next: `\`blanket guest show ${guest}\` tells where the guest is and whether it runs.`,
    data: { guest },
    cause: why === '' ? undefined : new Error(why),
  });

/** Sends the input; resolves at Ctrl-], or in silence after the input's end. */
async function typeAll(options: SessionOptions, line: Line): Promise<void> {
  let typed = false;
  for await (const bytes of options.input) {
    const end = bytes.indexOf(escapeByte);
    const wanted = end === -1 ? bytes : bytes.subarray(0, end);
    if (wanted.length > 0) await deliver(line, wanted);
    if (end !== -1 || line.over) return;
    typed = true;
  }
  if (!typed) return new Promise(() => undefined);
  const { lingerMs = 2_000 } = options;
  line.heard.at = Date.now();
  while (Date.now() - line.heard.at < lingerMs) await sleep(100);
}

async function deliver(line: Line, bytes: Uint8Array): Promise<void> {
  while (!line.over) {
    try {
      return await line.console.send(bytes);
    } catch {
      await sleep(retryMs); // `stay` is connecting again, or ends the session when it cannot
    }
  }
}
