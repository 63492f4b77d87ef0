/** iputils' ping with packets that routers may not cut (ping(8), `-M`), and what it prints. */
import { CommandError, run } from '../../process/run.ts';
import { BlanketError } from '../../wire/errors.ts';

/** IPv4's header and ICMP's (RFC 791, RFC 792): what ping's `-s` does not count. */
const headerBytes = 28;

export type Pinged = { sent: number; received: number; rttMs?: number; tooLong?: number };

/** `undefined` for text that is no summary. `tooLong`: an MTU that the kernel or a router named on the way. */
export function parsePing(text: string): Pinged | undefined {
  const counts = /^(\d+) packets transmitted, (\d+) (?:packets )?received/m.exec(text);
  if (counts?.[1] === undefined || counts[2] === undefined) return undefined;
  const average = /^(?:rtt|round-trip) min\/avg\/max(?:\/mdev)? = [\d.]+\/([\d.]+)\//m.exec(text)?.[1];
  const limit = /mtu ?[=:]? ?(\d+)/i.exec(text)?.[1];
  return {
    sent: Number(counts[1]),
    received: Number(counts[2]),
    ...(average !== undefined && { rttMs: Number(average) }),
    ...(limit !== undefined && { tooLong: Number(limit) }),
  };
}

export type PingOptions = {
  address: string;
  mtu: number;
  count: number;
  intervalMs?: number;
  waitMs?: number;
};

/**
 * Both set "don't fragment". `probe` also does not believe what the kernel remembers of the path, but an older ping
 * (iputils of 2022) does not know it.
 */
type Strategy = 'probe' | 'do';
let strategy: Strategy = 'probe';

/**
 * `mtu` is the size of the whole packet.
 * @throws BlanketError `host.no-ping`; CommandError when nothing could be sent, e.g. without a route.
 */
export async function ping(options: PingOptions, signal?: AbortSignal): Promise<Pinged> {
  const { address, mtu, count, intervalMs = 100, waitMs = 2_000 } = options;
  const asked = strategy; // another one that runs beside may learn of the older ping first
  const args = [
    ...['-4', '-n', '-M', asked, '-c', String(count), '-i', String(intervalMs / 1000)],
    ...['-W', String(waitMs / 1000), '-s', String(mtu - headerBytes), address],
  ];
  const env = { ...process.env, LC_ALL: 'C' };
  // Of lost packets only the last is waited for.
  const timeoutMs = count * intervalMs + waitMs + 30_000;
  try {
    const { stdout } = await run('ping', args, { env, timeoutMs, ...(signal && { signal }) });
    return parsePing(stdout) ?? untold(address);
  } catch (error) {
    if (asked === 'do' || !isOlder(error)) return explain(error);
    strategy = 'do';
    return ping(options, signal);
  }
}

function untold(address: string): never {
  throw new BlanketError('conform.ping', `ping did not tell what came back from ${address}.`);
}

const isOlder = (error: unknown): boolean =>
  error instanceof CommandError && /invalid -M argument/.test(error.stderr);

/** Lost and refused packets make it fail (ping(8), "exit status"), and are an answer where it counted them. */
function explain(error: unknown): Pinged {
  if (!(error instanceof CommandError)) throw error;
  const counted = error.exitCode === null ? undefined : parsePing(error.stdout + error.stderr);
  if (counted !== undefined) return counted;
  const absent = error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'ENOENT';
  if (!absent) throw error;
  throw new BlanketError('host.no-ping', 'This host has no `ping`, so paths cannot be measured.', {
    kind: 'blocked',
    next: 'Install iputils-ping on it, or provision it from a newer host image.',
    cause: error,
  });
}
