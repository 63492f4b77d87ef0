/** What a guest's card may send: each frame is sent with and without the filter, and only the filter is to blame. */

import { cardOf, networkOf } from '../../guest-agent/filter/networks.ts';
import { asRoot } from '../as-root.ts';
import { arp, ethernet, ipv4, tcp } from './frames.ts';
import { asArp, end, honest, hostile, other, own, v4 } from './spoof-frames.ts';
import { stageFor } from './stage.ts';
import { macs } from './stage-links.ts';

const { one, two, far } = macs;
const frames = { ...honest, ...hostile };
/** Where connections are tracked on the bridge too, the kernel waits for the rest of a packet. */
const heldBack = ['ipv4 fragment', 'ipv6 fragment'];
const sorted = (names: Iterable<string>) => [...names].sort();

for (const tracked of [false, true]) {
  const variant = tracked ? ' (bridged packets pass the inet tables too)' : '';
  asRoot('make namespaces', `only honest frames leave a guest's card${variant}`, async (t) => {
    const stage = await stageFor(t, tracked);
    const all = [...Object.values(frames), end];
    const [unfiltered = []] = await stage.seen('one', ['two'], all);
    t.deepEqual(unfiltered, sorted(Object.keys(frames)));
    await stage.filter.apply([networkOf({ cards: [cardOf(10), cardOf(11)] })]);
    const [filtered = []] = await stage.seen('one', ['two'], all);
    const passing = Object.keys(honest).filter((name) => !tracked || !heldBack.includes(name));
    t.deepEqual(filtered, sorted(passing));
  });
}

asRoot(
  'make namespaces',
  'a card that is not known, or is elsewhere, neither sends nor receives',
  async (t) => {
    const stage = await stageFor(t);
    const broadcast = [asArp('broadcast', {}), end];
    t.deepEqual(await stage.seen('one', ['two'], broadcast), [['broadcast']]);
    await stage.filter.apply([networkOf({ cards: [cardOf(10), cardOf(11)] })]);
    t.deepEqual(await stage.seen('one', ['two'], broadcast), [['broadcast']]);
    await stage.filter.apply([networkOf({ cards: [cardOf(10, { here: false }), cardOf(11)] })]);
    const second = arp('end', { from: two, sender: two, address: other, target: '10.77.0.99' });
    const listening = stage.seen('two', ['far'], [second]);
    t.deepEqual(await listening, [[]]);
    const sniffing = await stage.background('two', 'sniff', 'eth0');
    await stage.command('one', ['python3', stage.inside, 'send', 'eth0'], JSON.stringify(broadcast));
    // what comes from the tunnel is the sign that all before it has come
    const distant = arp('end', { from: far, sender: far, address: '10.77.0.12', target: '10.77.0.99' });
    await stage.command('far', ['python3', stage.inside, 'send', 'eth0'], JSON.stringify([distant]));
    t.deepEqual(JSON.parse(await sniffing.lines()), []);
  },
);

asRoot('make namespaces', 'what the bridge floods for one guest is not for another to read', async (t) => {
  const stage = await stageFor(t);
  const stray = ethernet('02:00:00:00:00:0f', one, 0x0800, v4('stray', own));
  t.deepEqual(await stage.seen('one', ['two', 'far'], [stray, end]), [['stray'], ['stray']]);
  await stage.filter.apply([networkOf({ cards: [cardOf(10), cardOf(11)] })]);
  t.deepEqual(await stage.seen('one', ['two', 'far'], [stray, end]), [[], ['stray']]);
});

asRoot(
  'make namespaces',
  "frames to the bridge itself do not reach the host by the tap's own ear",
  async (t) => {
    const stage = await stageFor(t);
    await stage.serve('host', 22);
    await stage.ip('host', ['addr add 192.0.2.1/32 dev lo']);
    const received = async () => {
      const text = await stage.command('host', ['nft', 'list', 'counter', 'inet', 'seen', 'tap']);
      return Number(/packets (\d+)/.exec(text.stdout)?.[1]);
    };
    const watch =
      'table inet seen { counter tap {}; chain in { type filter hook prerouting priority -500; iifname "bt*" counter name tap; }; }';
    await stage.nft(['-f', '-'], watch);
    const sneaky = ethernet('01:80:c2:00:00:03', one, 0x0800, ipv4(own, '192.0.2.1', 6, tcp(5000, 22, 2)));
    await stage.seen('one', ['two'], [sneaky, end]);
    t.is(await received(), 1);
    await stage.filter.apply([networkOf({ cards: [cardOf(10), cardOf(11)] })]);
    await stage.seen('one', ['two'], [sneaky, end]);
    t.is(await received(), 1);
  },
);
