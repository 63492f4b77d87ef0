/** Control finds another way for two hosts whose packets do not pass, and gives it up when they do. */
import { reviewTunnels, syncTunnels } from '../../../src/control/network/tunnels.ts';
import { unheard } from '../../../src/control/provision/enrol.ts';
import { fleet, inside, never, withTools } from './tunnel-fleet.ts';
import { cut, heal, pings, type TunnelHost } from './tunnel-hosts.ts';

/** One keepalive to each peer: WireGuard sends it as soon as it is told to begin with them. */
async function keepAlive({ exec }: TunnelHost): Promise<void> {
  const peers = (await exec('wg', 'show', 'blanket0', 'peers')).trim().split('\n');
  for (const peer of peers)
    for (const often of ['off', '25'])
      await exec('wg', 'set', 'blanket0', 'peer', peer, 'persistent-keepalive', often);
}
withTools(
  'two hosts whose packets are dropped go through the third, and directly again when they pass',
  async (t) => {
    const all = await fleet(t, 3);
    const [first, second, third] = all.hosts as [TunnelHost, TunnelHost, TunnelHost];
    await cut(first, second);
    await cut(second, first);
    const real = Date.now;
    t.teardown(() => {
      Date.now = real;
    });
    let aheadMs = 0;
    Date.now = () => real() + aheadMs;
    /** A round of control's as if it were ten seconds after the last, with the packets that would have passed meanwhile. */
    const round = async () => {
      await Promise.all([first, second].map(keepAlive));
      const asked = [
        [first, 3],
        [second, 3],
        [first, 2],
      ] as const;
      await Promise.all(asked.map(([from, to]) => pings(from, inside(to))));
      const { ways } = await reviewTunnels(all.services);
      aheadMs += 10_000;
      return ways.get('h1 h2');
    };
    await syncTunnels(all.services);
    t.deepEqual((await unheard(all.services, 'h3', 30_000, never)).missing, []);
    t.deepEqual((await unheard(all.services, 'h1', 0, never)).missing, ['h2']);
    t.false(await pings(first, inside(2)));
    let way = await round();
    t.is(way?.state, 'pending');
    for (let rounds = 0; rounds < 6 && way?.state !== 'relayed'; rounds++) way = await round();
    t.is(way?.via, 'h3');
    t.true(await pings(first, inside(2), 1420));
    t.true(await pings(second, inside(1), 1420));
    await heal(first);
    await heal(second);
    t.deepEqual((await unheard(all.services, 'h1', 60_000, never)).missing, []);
    for (let rounds = 0; rounds < 9 && way?.state !== 'direct'; rounds++) way = await round();
    t.is(way?.state, 'direct');
    await third.exec('ip', 'link', 'set', 'uplink', 'down');
    t.true(await pings(first, inside(2), 1420));
  },
);
