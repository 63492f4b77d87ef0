/** The way as a plan measures it, by both real ends, through a line that passes on as little as busy hosts do. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { Agents } from '../../../src/control/agents/agents.ts';
import { measurePath } from '../../../src/control/migrate/measure-path.ts';
import { measureWay, openPathSink } from '../../../src/guest-agent/plan/path.ts';

const TICK_MS = 50;
const never = new AbortController().signal;

/** Passes on so much a tick, from the source to the destination, until it is freed. Answers pass at once. */
function slowly(from: Socket, to: Socket, bytesATick: number) {
  let allowed = bytesATick;
  let free = false;
  const timer = setInterval(() => {
    allowed = bytesATick;
    pass();
  }, TICK_MS);
  const pass = () => {
    for (;;) {
      const share = free ? from.readableLength : Math.min(allowed, from.readableLength);
      const data: Buffer | null = share > 0 ? from.read(share) : null;
      if (data === null) return;
      allowed -= data.length;
      to.write(data);
    }
  };
  from.on('readable', pass);
  to.pipe(from);
  for (const [one, other] of [
    [from, to],
    [to, from],
  ] as const) {
    one.on('error', () => undefined); // the measurement ends its line by a reset
    one.on('close', () => {
      clearInterval(timer);
      other.destroy();
    });
  }
  return () => {
    free = true;
    pass();
  };
}

/** A line to the sink that is slow for so long from the first connection on. */
async function lineTo(
  t: ExecutionContext,
  sink: { address: string; port: number },
  slowMs: number,
  bytesATick: number,
) {
  const server = createServer((socket) => {
    const freed = slowly(socket, connect({ host: sink.address, port: sink.port }), bytesATick);
    setTimeout(freed, slowMs);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Agents whose tunnel is that line. */
function agentsOf(t: ExecutionContext, slowMs: number, bytesATick: number): Agents {
  type Wish = Parameters<typeof measureWay>[0];
  const call = async (_host: string, method: string, params: { lifeMs: number } | Wish) => {
    if ('port' in params) return measureWay(params, never);
    if (method !== 'plan.path-sink') throw new Error(method);
    const sink = await openPathSink('127.0.0.1', params.lifeMs);
    return { ...sink, port: await lineTo(t, sink, slowMs, bytesATick) };
  };
  return { call } as unknown as Agents;
}

test('a way that is held back in the first second is measured by what it passes on later', async (t) => {
  const heldBack = 1_000 * (2_000 / TICK_MS);
  const reading = await measurePath(agentsOf(t, 1_500, 2_000), 'a1', 'b1');
  t.true(reading.bytesPerSecond > 10 * heldBack, JSON.stringify(reading));
  t.true(reading.bytes > 2 ** 20);
});

test('a way that stays slow ends in time, with its pace and the range of it', async (t) => {
  const reading = await measurePath(agentsOf(t, 60_000, 2_000), 'a1', 'b1');
  const { bytesPerSecond, range = { low: -1, high: -1 }, bytes } = reading;
  t.true(bytes < 2 ** 20, `${bytes}`);
  t.true(bytesPerSecond > 0);
  t.true(range.low <= bytesPerSecond && bytesPerSecond <= range.high, JSON.stringify(reading));
});
