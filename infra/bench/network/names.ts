/**
 * Part e: dnsmasq with the names of all guests. It has one thread: while it reads them again, it answers nobody, so the
 * first answer with a name that was just written tells how long that took.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { run, start } from '../../../src/process/run.ts';
import { type Fleet, guestAddress, guestMac, guestName } from './fleet.ts';
import type { Namespaces } from './namespaces.ts';
import type { Settings } from './settings.ts';

export type NamesRun = {
  fleet: Fleet;
  /** Guests whose address it gives out: those of one host, or all. */
  leases: number;
  /** From SIGHUP to the right answer, one a round. */
  answerMs: number[];
};

const server = '10.77.0.1';

type Files = { names: string; leases: string; config: string };

const configText = ({ names, leases }: Files): string =>
  [
    ...['no-resolv', 'no-hosts', 'bind-interfaces', `listen-address=${server}`, 'user=root', 'pid-file='],
    ...['leasefile-ro', 'dhcp-authoritative', 'no-ping', 'local=/bench.internal/', 'domain=bench.internal'],
    ...['dhcp-range=10.77.0.0,static,255.255.0.0,12h', `dhcp-hostsfile=${leases}`, `addn-hosts=${names}`],
  ].join('\n');

const nameLines = (guests: number): string[] =>
  Array.from({ length: guests }, (_, guest) => {
    const name = guestName(guest);
    return `${guestAddress(guest)} ${name}.bench.internal ${name}`;
  });

const leaseLines = (guests: number): string[] =>
  Array.from(
    { length: guests },
    (_, guest) => `${guestMac(guest)},${guestAddress(guest)},${guestName(guest)},12h`,
  );

const answerSchema = z.object({ ms: z.number().positive() });

/** Asks from inside the namespace for a name until it is known; `pid` is told to read its files first. */
async function ask(space: string, pid: number | undefined, name: string, signal: AbortSignal) {
  const main = join(import.meta.dirname, 'ask-main.ts');
  const args = ['netns', 'exec', space, process.execPath, main, server, name, String(pid ?? 0)];
  const { stdout } = await run('ip', args, { signal, timeoutMs: 60_000 });
  return answerSchema.parse(JSON.parse(stdout)).ms;
}

async function prepare(namespaces: Namespaces, signal: AbortSignal): Promise<string> {
  const space = await namespaces.add();
  const lines = ['link add br0 type bridge', `addr add ${server}/16 dev br0`, 'link set br0 up'];
  await run('ip', ['-n', space, '-batch', '-'], { input: `${lines.join('\n')}\n`, signal });
  return space;
}

async function measureOne(
  result: NamesRun,
  { rounds }: Settings,
  namespaces: Namespaces,
  signal: AbortSignal,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-names-'));
  const [names, leases, config] = ['names', 'leases', 'config'].map((name) => join(directory, name));
  if (names === undefined || leases === undefined || config === undefined) throw new Error('Three files.');
  const files = { names, leases, config };
  const space = await prepare(namespaces, signal);
  const all = nameLines(result.fleet.guests);
  const write = (round: number) =>
    writeFile(names, `${[...all, `10.77.255.1 round-${round}.bench.internal`].join('\n')}\n`);
  await write(0);
  await writeFile(leases, `${leaseLines(result.leases).join('\n')}\n`);
  await writeFile(config, `${configText(files)}\n`);
  const command = ['netns', 'exec', space, 'dnsmasq', '--keep-in-foreground', `--conf-file=${config}`];
  // `ip netns exec` becomes the program, so its number is the server's.
  const dnsmasq = start('ip', command, { stdio: 'ignore', signal });
  dnsmasq.on('error', () => undefined); // an abort is one; the question to it then fails by itself
  try {
    await ask(space, undefined, 'round-0.bench.internal', signal);
    for (let round = 1; round <= rounds; round += 1) {
      await write(round);
      result.answerMs.push(await ask(space, dnsmasq.pid, `round-${round}.bench.internal`, signal));
      await sleep(100, undefined, { signal });
    }
  } finally {
    dnsmasq.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }
  await namespaces.remove([space]);
}

export async function measureNames(
  fleets: readonly Fleet[],
  settings: Settings,
  namespaces: Namespaces,
  signal: AbortSignal,
): Promise<NamesRun[]> {
  const results = fleets.flatMap((fleet): NamesRun[] => [
    { fleet, leases: 10, answerMs: [] },
    { fleet, leases: fleet.guests, answerMs: [] },
  ]);
  for (const result of results) await measureOne(result, settings, namespaces, signal);
  return results;
}
