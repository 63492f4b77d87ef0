/**
 * Guests keep their address. One guest travels round three clouds and back over a WAN of 40 ms and 100 Mbit/s, its last
 * leg with loss; from outside and from another guest, a download, an SSH session and a heartbeat go on all the while.
 *
 *     outside: the second host's own network --plain, a published port--> first host --+
 *     another guest, on the second host -----------------------------------------------+-- walker, wherever it runs
 *     ssh session, through the host where it began -----------------------------------+
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import anyTest, { type TestFn } from 'ava';
import { run } from '../../src/process/run.ts';
import { guestSchema, hostSchema, migrationResultSchema, networkSchema } from '../../src/wire/resources.ts';
import { tunnelsSchema } from '../../src/wire/routes/network.ts';
import type { Fleet } from './fleet.ts';
import { captureWan } from './network/capture.ts';
import { beatOf, bring, downloadOf, type Flow, type Place, startFlow } from './network/flows.ts';

const test = anyTest as TestFn<Fleet>;

/** The one that travels, and the one that stays. */
const [walker, talker] = ['walker', 'talker'];
const inGuest = (name: string): Place => ['guest', 'ssh', name, '-l', 'root'];
const onHost = (name: string): Place => ['host', 'ssh', name];
const web = 8080;
const heartbeat = 7000;
const secret = 'a-marker-that-nobody-may-read';
const open = 'a-marker-that-all-may-read';

export type Stop = { host: string; cloud: string };

const guestOf = async ({ json }: Fleet, name: string) => guestSchema.parse(await json('guest', 'show', name));
const addressOf = async (fleet: Fleet, name: string) => (await guestOf(fleet, name)).nics[0]?.address ?? '';
const wanOf = async ({ json }: Fleet, host: string) =>
  hostSchema.parse(await json('host', 'show', host)).address ?? '';

/** One command there, to its end. */
async function there({ cli }: Fleet, place: Place, command: string): Promise<string> {
  const { code, stdout, stderr } = await cli(...place, '--', command);
  if (code !== 0) throw new Error(`${place.join(' ')}: ${command}: ${code} ${stderr}`);
  return stdout.trim();
}

async function eventually<T>(what: string, limitMs: number, look: () => Promise<T | undefined>): Promise<T> {
  let last: unknown;
  for (const until = Date.now() + limitMs; Date.now() < until; await sleep(1_000)) {
    const seen = await look().catch((error: unknown) => {
      last = error;
      return undefined;
    });
    if (seen !== undefined) return seen;
  }
  throw new Error(`${what} was not so within ${limitMs / 1000} s.`, { cause: last });
}

const sumOfNumbers = (last: number): string => {
  const hash = createHash('sha256');
  for (let number = 1; number <= last; number++) hash.update(`${number}\n`);
  return hash.digest('hex');
};

/** `route`: the first has the guest that travels, the second the one that stays. */
export function playNetwork(current: () => Fleet, route: readonly [Stop, Stop, Stop]): void {
  const [first, second, third] = route;
  const setWays = async (loss: string) => {
    for (const [a, b] of [
      [first, second],
      [second, third],
      [third, first],
    ] as const)
      await current().json(
        'cloud',
        'link',
        a.cloud,
        b.cloud,
        '--latency',
        '40ms',
        '--bandwidth',
        '100Mbit',
        '--loss',
        loss,
      );
  };

  test.serial('every two hosts have a tunnel, and its MTU is that of the path between them', async (t) => {
    const { mtu, tunnels, silent } = await eventually('direct tunnels', 120_000, async () => {
      const seen = tunnelsSchema.parse(await current().json('tunnel', 'list'));
      return seen.tunnels.every(({ state }) => state === 'direct') ? seen : undefined;
    });
    t.is(tunnels.length, 3);
    t.is(mtu, 1420);
    t.deepEqual(silent, []);
  });

  test.serial('a guest is told who it is, reaches others by name, and is let in by its key', async (t) => {
    const fleet = current();
    const key = join(fleet.state, 'guest-key');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    fleet.seat.env.BLANKET_SSH_KEY = key;
    for (const [name, host] of [
      [walker, first.host],
      [talker, second.host],
    ] as const)
      await fleet.json(
        'guest',
        'create',
        name,
        '--image',
        'micro',
        '--host',
        host,
        '--network',
        'lan',
        '--ssh-key',
        `${key}.pub`,
      );
    for (const name of [walker, talker])
      await eventually(`${name} lets us in`, 180_000, () => there(fleet, inGuest(name), 'true'));
    const { gateway, mtu } = networkSchema.parse(await fleet.json('network', 'show', 'lan'));
    const told = 'wget -q -O - http://169.254.169.254/latest/meta-data/';
    t.is(await there(fleet, inGuest(talker), `${told}hostname`), talker);
    t.is(await there(fleet, inGuest(talker), `${told}local-ipv4`), await addressOf(fleet, talker));
    t.regex(await there(fleet, inGuest(talker), `ping -c 3 -s ${mtu - 28} ${walker}`), /, 0% packet loss/);
    t.regex(await there(fleet, inGuest(talker), `ping -c 3 ${gateway}`), /, 0% packet loss/);
    const cards = await Promise.all(
      [walker, talker].map((name) => there(fleet, inGuest(name), `ip neigh show ${gateway}`)),
    );
    t.log(cards.join('; '));
  });

  test.serial(
    'round three clouds: nothing breaks, inside or outside, and nothing is read on the way',
    async (t) => {
      const fleet = current();
      await setWays('0%');
      await fleet.json('guest', 'publish', walker, `${web}:80`, '--on', first.host);
      await fleet.json('guest', 'publish', walker, `${heartbeat}:${heartbeat}/udp`, '--on', first.host);
      const [inside, outside] = [inGuest(talker), onHost(second.host)];
      for (const place of [inside, outside]) await bring(fleet, place);
      const [guestAddress, hostAddress] = [await addressOf(fleet, walker), await wanOf(fleet, first.host)];
      const wan = await captureWan(fleet, second.cloud, second.host);
      const perl = 'perl /tmp/traveller.pl';
      const downloads = [
        startFlow(fleet, inside, `${perl} download ${guestAddress} 80`),
        startFlow(fleet, outside, `${perl} download ${hostAddress} ${web}`),
      ];
      const beats = [
        startFlow(fleet, inside, `${perl} beat ${guestAddress} ${heartbeat}`),
        startFlow(fleet, outside, `${perl} beat ${hostAddress} ${heartbeat}`),
      ];
      const session = startFlow(
        fleet,
        inGuest(walker),
        'i=0; until [ -e /run/stop ]; do i=$((i+1)); echo $i; sleep 0.2; done',
      );
      await there(fleet, inside, `echo ${secret} | nc -w 2 ${guestAddress} ${heartbeat}`);
      await there(
        fleet,
        outside,
        `perl -MIO::Socket::INET -e 'IO::Socket::INET->new("${hostAddress}:${web}")->print("GET /${open} HTTP/1.0\\r\\n\\r\\n")'`,
      );
      for (const [leg, to] of [second, third, first].entries()) {
        if (leg === 2) await setWays('0.5%');
        const moved = migrationResultSchema.parse(await fleet.json('migrate', walker, '--to', to.host));
        t.log(
          `to ${to.host}: downtime ${moved.downtimeMs} ms, frames follow after ${moved.forwardingMs} ms, total ${moved.totalMs} ms`,
        );
        if (leg === 0) await wan.stop();
      }
      for (const flow of [...downloads, ...beats, session])
        t.true(flow.isRunning(), flow.output().slice(-200));
      await there(fleet, inGuest(walker), 'touch /run/stop');
      await checkFlows(t, { downloads, beats, session });
      t.is(await wan.count(secret), 0);
      t.true((await wan.count(open)) > 0, 'the capture shows what is not encrypted');
    },
  );
}

type Check = {
  is(a: unknown, b: unknown, why?: string): void;
  true(a: boolean, why?: string): void;
  log(text: string): void;
};

async function checkFlows(
  t: Check,
  flows: { downloads: Flow[]; beats: Flow[]; session: Flow },
): Promise<void> {
  for (const flow of flows.downloads) {
    const { last, sha256 } = downloadOf(await flow.end());
    t.is(sha256, sumOfNumbers(last));
    t.log(`a download of the numbers up to ${last} is whole`);
  }
  for (const [index, flow] of flows.beats.entries()) {
    const { sent, received, gapMs } = beatOf(await flow.end());
    t.log(
      `heartbeat from ${index === 0 ? 'a guest' : 'outside'}: ${received} of ${sent} answered, longest gap ${gapMs} ms`,
    );
    t.true(received > sent / 2);
  }
  const lines = (await flows.session.end()).trim().split('\n').map(Number);
  t.true(lines.every((line, index) => line === index + 1));
  t.log(`an SSH session printed ${lines.length} lines in order`);
}
