/**
 * Guests keep their address. One guest travels round three clouds and back over a WAN of 40 ms and 100 Mbit/s; during its
 * last leg 0.5 % of what others send it is lost. From outside and from another guest, a download, an SSH session and a heartbeat go on all the while.
 *
 *     outside: the second host's own network --plain, a published port--> first host --+
 *     another guest, on the second host -----------------------------------------------+-- walker, wherever it runs
 *     SSH session, through the host where it began ------------------------------------+
 *     the world: a server on this machine <--NAT-- first host, the network's egress <---- walker's own call
 */
import anyTest, { type TestFn } from 'ava';
import { run } from '../../src/process/run.ts';
import { migrationResultSchema, networkSchema } from '../../src/wire/resources.ts';
import { tunnelsSchema } from '../../src/wire/routes/network.ts';
import type { Fleet } from './fleet.ts';
import { captureWan } from './network/capture.ts';
import { beatOf, bring, startFlow } from './network/flows.ts';
import { answered, arrive, depart, ports } from './network/journey.ts';
import {
  addressOf,
  eventually,
  inGuest,
  keyOf,
  onHost,
  type Stop,
  there,
  wanAddressOf,
} from './network/places.ts';

const test = anyTest as TestFn<Fleet>;

/** The one that travels, and the one that stays. */
const [walker, talker] = ['walker', 'talker'];
const sealed = 'a-marker-that-nobody-may-read';
const open = 'a-marker-that-all-may-read';
const cutSeconds = 30;
const cut = [
  'nft add table inet cut',
  'nft add chain inet cut wire "{ type filter hook input priority -300; }"',
  'nft add rule inet cut wire udp dport 51820 drop',
  `sleep ${cutSeconds}`,
  'nft delete table inet cut',
].join('; ');

/** `route`: the first has the guest that travels, the second the one that stays. */
export function playNetwork(current: () => Fleet, route: readonly [Stop, Stop, Stop]): void {
  playTunnels(current);
  playArrival(current, route);
  playJourney(current, route);
  playTrouble(current, route);
}

function playTunnels(current: () => Fleet): void {
  test.serial('every two hosts have a tunnel, as wide as the path between them', async (t) => {
    const { mtu, tunnels, silent } = await eventually('every tunnel is direct', 120_000, async () => {
      const seen = tunnelsSchema.parse(await current().json('tunnel', 'list'));
      return seen.tunnels.every(({ state }) => state === 'direct') ? seen : undefined;
    });
    t.is(tunnels.length, 3);
    t.is(mtu, 1420);
    t.deepEqual(silent, []);
  });
}

function playArrival(current: () => Fleet, [first, second]: readonly [Stop, Stop, Stop]): void {
  test.serial('a guest is told who it is, reaches others by name, and lets its key in', async (t) => {
    const fleet = current();
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', keyOf(fleet)]);
    const made = ['--image', 'micro', '--network', 'lan', '--ssh-key', `${keyOf(fleet)}.pub`];
    await fleet.json('guest', 'create', walker, '--host', first.host, ...made);
    await fleet.json('guest', 'create', talker, '--host', second.host, ...made);
    const [inWalker, inTalker] = [inGuest(fleet, walker), inGuest(fleet, talker)];
    for (const place of [inWalker, inTalker])
      await eventually('its guest lets us in', 180_000, () => there(fleet, place, 'echo in'));
    const { gateway, mtu } = networkSchema.parse(await fleet.json('network', 'show', 'lan'));
    const told = 'wget -q -O - http://169.254.169.254/latest/meta-data/';
    t.is(await there(fleet, inTalker, `${told}hostname`), `${talker}.lan.internal`);
    t.is(await there(fleet, inTalker, `${told}local-ipv4`), await addressOf(fleet, talker));
    t.regex(await there(fleet, inTalker, `ping -c 3 -s ${mtu - 28} ${walker}`), /, 0% packet loss/);
    const cards = await Promise.all(
      [inWalker, inTalker].map((place) =>
        there(fleet, place, `ping -c 1 ${gateway} >&2; ip neigh show ${gateway}`),
      ),
    );
    const macs = cards.map((line) => /lladdr (\S+)/.exec(line)?.[1]);
    t.truthy(macs[0]);
    t.is(macs[0], macs[1], 'the gateway is the same on both hosts');
  });

  test.serial("a guest's firewall lets in what it names and nothing else", async (t) => {
    const fleet = current();
    const web = async () => there(fleet, inGuest(fleet, talker), `nc -w 3 ${walker} 80 </dev/null; echo $?`);
    t.is(await web(), '0');
    await fleet.json('guest', 'firewall', walker, '--allow', 'tcp/22,icmp');
    t.is(await web(), '1');
    t.regex(await there(fleet, inGuest(fleet, talker), `ping -c 1 ${walker}`), /, 0% packet loss/);
    await fleet.json('guest', 'firewall', walker, '--allow-all');
    t.is(await web(), '0');
  });
}

function playJourney(current: () => Fleet, route: readonly [Stop, Stop, Stop]): void {
  const [first, second, third] = route;
  /** `loss`: on the ways of the second, where all but the migration's last leg pass. */
  const setWays = async (loss: string) => {
    const like = ['--latency', '40ms', '--bandwidth', '100Mbit'];
    const ways = [
      [first, second, loss] as const,
      [second, third, loss] as const,
      [third, first, '0%'] as const,
    ];
    for (const [a, b, lost] of ways)
      await current().json('cloud', 'link', a.cloud, b.cloud, ...like, '--loss', lost);
  };

  test.serial('round three clouds: nothing breaks, and nothing is read on the way', async (t) => {
    const fleet = current();
    await setWays('0%');
    await fleet.json('guest', 'publish', walker, `${ports.download}:80`, '--on', first.host);
    await fleet.json('guest', 'publish', walker, `${ports.beat}:7000/udp`, '--on', first.host);
    const wan = await captureWan(fleet, second.cloud, second.host);
    await fleet.json('network', 'egress', 'lan', first.host);
    const from = { guest: talker, host: second.host };
    const travel = { from, to: walker, through: first.host };
    const journey = await depart(fleet, travel);
    await sayMarkers(fleet, second.host, first.host);
    for (const [leg, to] of [second, third, first].entries()) {
      if (leg === 2) await setWays('0.5%');
      const moved = migrationResultSchema.parse(await fleet.json('migrate', walker, '--to', to.host));
      const times = `downtime ${moved.downtimeMs} ms, frames follow ${moved.forwardingMs} ms later`;
      t.log(`to ${to.host}: ${times}, total ${moved.totalMs} ms`);
      t.not(moved.forwardingMs, null);
      await answered(journey);
      if (leg === 0) await wan.stop();
    }
    await arrive(t, fleet, travel, journey);
    await fleet.json('network', 'egress', 'lan', '--each');
    t.is(await wan.count(sealed), 0);
    t.true((await wan.count(open)) > 0, 'what is not encrypted is seen in the capture');
    await setWays('0%');
  });
}

/** One marker goes from guest to guest, one in clear between the same two hosts. */
async function sayMarkers(fleet: Fleet, from: string, to: string): Promise<void> {
  const address = await addressOf(fleet, walker);
  await there(fleet, inGuest(fleet, talker), `echo ${sealed} | nc -w 2 ${address} 7000`);
  const peer = `${await wanAddressOf(fleet, to)}:${ports.download}`;
  const say = `IO::Socket::INET->new("${peer}")->print("GET /${open} HTTP/1.0\\r\\n\\r\\n")`;
  await there(fleet, onHost(from), `perl -MIO::Socket::INET -e '${say}'`);
}

function playTrouble(current: () => Fleet, [first, second]: readonly [Stop, Stop, Stop]): void {
  test.serial('a tunnel is cut and control is away: traffic comes back by itself', async (t) => {
    const fleet = current();
    await bring(fleet, inGuest(fleet, talker));
    const address = await addressOf(fleet, walker);
    const beat = startFlow(fleet, inGuest(fleet, talker), `perl /tmp/traveller.pl beat ${address} 7000`);
    await eventually('the heartbeat is answered', 60_000, async () => /\d/.test(beat.output()) || undefined);
    await there(fleet, onHost(second.host), `sudo systemd-run --quiet sh -c '${cut}'`);
    process.kill(await fleet.controlPid(), 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, (cutSeconds + 30) * 1000));
    const { sent, received, gapMs } = beatOf(await beat.end());
    t.log(`${received} of ${sent} answered, longest gap ${gapMs} ms`);
    t.true(gapMs >= (cutSeconds - 5) * 1000, 'it was cut');
    t.true(received > 0);
    t.regex(await there(fleet, inGuest(fleet, talker), `ping -c 3 ${walker}`), /, 0% packet loss/);
  });

  test.serial('what was changed by hand on a host is put right', async (t) => {
    const fleet = current();
    const host = onHost(second.host);
    const list = 'sudo nft list tables';
    t.regex(await there(fleet, host, list), /inet blanket\b/);
    t.notRegex(await there(fleet, host, `sudo nft delete table inet blanket && ${list}`), /inet blanket\b/);
    await eventually('the table is back', 120_000, async () =>
      /inet blanket\b/.test(await there(fleet, host, list)) ? true : undefined,
    );
    t.pass();
  });

  test.serial('a guest that is removed is published and let in no longer', async (t) => {
    const fleet = current();
    const rules = () => there(fleet, onHost(first.host), 'sudo nft list ruleset');
    const trace = new RegExp(`${ports.download}|${await addressOf(fleet, walker)}\\b`);
    t.regex(await rules(), trace);
    for (const name of [walker, talker]) {
      await fleet.json('guest', 'stop', name, '--force');
      await fleet.json('guest', 'remove', name, '--yes');
    }
    t.notRegex(await rules(), trace);
  });
}
