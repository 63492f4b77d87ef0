/** What reaches a guest that has a firewall, and what goes on while the firewall changes or comes anew. */
import type { Card } from '../../../src/wire/methods/network.ts';
import { cardOf, networkOf } from '../../guest-agent/filter/networks.ts';
import { asRoot } from '../as-root.ts';
import { arp, ethernet, fragment6, ipv4, ipv6, mark, tcp, udp } from './frames.ts';
import { stageFor } from './stage.ts';
import { macs } from './stage-links.ts';

type Allow = Card['allow'];
const withFirewall = (allow: Allow) =>
  networkOf({ cards: [cardOf(10), cardOf(11, { allow }), cardOf(12, { here: false, at: '10.254.0.2' })] });
const port = (number: number) => ({ first: number, last: number });

asRoot('make namespaces', 'a rule lets in its own port, protocol and source, and nothing else', async (t) => {
  const stage = await stageFor(t);
  await stage.serve('two', 22, 80, 443);
  const reached = () =>
    Promise.all([
      stage.ask('one', '10.77.0.11', 22),
      stage.ask('one', '10.77.0.11', 80),
      stage.ask('far', '10.77.0.11', 22),
      stage.ask('one', 'fd77::b', 22),
      stage.askUdp('one', '10.77.0.11', 22),
      stage.askUdp('one', 'fd77::b', 443),
    ]);
  const [one, far, one6] = ['10.77.0.10', '10.77.0.12', 'fd77::a'];
  t.deepEqual(await reached(), [one, one, far, one6, one, one6]);
  await stage.filter.apply([withFirewall(null)]);
  t.deepEqual(await reached(), [one, one, far, one6, one, one6]);
  await stage.filter.apply([withFirewall([{ protocol: 'tcp', ports: port(22), from: '10.77.0.10/32' }])]);
  t.deepEqual(await reached(), [one, 'none', 'none', 'none', 'none', 'none']);
  await stage.filter.apply([
    withFirewall([
      { protocol: 'tcp', ports: { first: 20, last: 79 } },
      { protocol: 'udp', from: 'fd77::/64' },
    ]),
  ]);
  t.deepEqual(await reached(), [one, 'none', far, one6, 'none', one6]);
  await stage.filter.apply([withFirewall([])]);
  t.deepEqual(await reached(), ['none', 'none', 'none', 'none', 'none', 'none']);
  t.is(await stage.ask('host', '10.77.0.11', 80), '10.77.0.254');
});

asRoot('make namespaces', 'pings are let in by a rule, and their answers by none', async (t) => {
  const stage = await stageFor(t);
  const pings = async (from: 'one' | 'two', address: string) =>
    stage.command(from, ['ping', '-c1', '-W1', address]).then(
      () => true,
      () => false,
    );
  await stage.filter.apply([withFirewall([])]);
  t.false(await pings('one', '10.77.0.11'));
  t.false(await pings('one', 'fd77::b'));
  t.true(await pings('two', '10.77.0.10'));
  t.true(await pings('two', 'fd77::a'));
  await stage.filter.apply([withFirewall([{ protocol: 'icmp' }])]);
  t.true(await pings('one', '10.77.0.11'));
  t.true(await pings('one', 'fd77::b'));
});

asRoot('make namespaces', "a guest's own questions are answered, by those it asked alone", async (t) => {
  const stage = await stageFor(t);
  for (const place of ['one', 'far'] as const) await stage.serve(place, 53, 54);
  await stage.filter.apply([withFirewall([])]);
  t.is(await stage.ask('two', '10.77.0.10', 53), '10.77.0.11');
  t.is(await stage.ask('two', 'fd77::a', 53), 'fd77::b');
  t.is(await stage.askUdp('two', '10.77.0.10', 53, 7000), '10.77.0.11');
  t.is(await stage.askUdp('two', 'fd77::c', 53, 7000), 'fd77::b');

  const [from, to] = ['10.77.0.10', '10.77.0.11'];
  const answer = (name: string, source: number, target: number, changes: Partial<{ from: string }> = {}) =>
    ethernet(macs.two, macs.one, 0x0800, ipv4(changes.from ?? from, to, 17, udp(source, target, mark(name))));
  const end = arp('end', { from: macs.one, sender: macs.one, address: from, target: '10.77.0.99' });
  const frames = [
    answer('asked', 53, 7000),
    answer('other port', 54, 7000),
    answer('to another port', 53, 7001),
    end,
  ];
  t.deepEqual(await stage.seen('one', ['two'], frames), [['asked']]);
  await stage.filter.apply([withFirewall([{ protocol: 'tcp', ports: port(22) }])]);
  t.deepEqual(await stage.seen('one', ['two'], frames), [['asked']], 'the tables were re-made');
});

asRoot(
  'make namespaces',
  'only the first segment of a connection needs a rule, however it is cut',
  async (t) => {
    const stage = await stageFor(t);
    const [from, to] = ['10.77.0.10', '10.77.0.11'];
    const segment = (name: string, flags: number, target = 9) =>
      ethernet(macs.two, macs.one, 0x0800, ipv4(from, to, 6, tcp(5000, target, flags, mark(name))));
    const piece = (offset: number, payload: string) =>
      ethernet(macs.two, macs.one, 0x0800, ipv4(from, to, 6, payload, 0x2000 | offset));
    const frames = {
      'syn ack': segment('syn ack', 18),
      ack: segment('ack', 16),
      'fin ack': segment('fin ack', 17),
      rst: segment('rst', 4),
      'syn to an open port': segment('syn to an open port', 2, 22),
      'later piece': piece(2, mark('later piece')),
      'later piece of ipv6': ethernet(
        macs.two,
        macs.one,
        0x86dd,
        ipv6('fd77::a', 'fd77::b', 44, `${fragment6(6, 2, true)}${mark('later piece of ipv6')}`),
      ),
    };
    const refused = {
      syn: segment('syn', 2),
      'syn fin': segment('syn fin', 3),
      'syn rst': segment('syn rst', 6),
      'syn push': segment('syn push', 10),
      nothing: segment('nothing', 0),
      fin: segment('fin', 1),
      // eight bytes, which leave the flags to the next piece
      s: piece(0, mark('s')),
      'piece over the flags': piece(1, mark('piece over the flags')),
      'other protocol': ethernet(macs.two, macs.one, 0x0800, ipv4(from, to, 132, mark('other protocol'))),
      'self-announcement': ethernet(
        'ff:ff:ff:ff:ff:ff',
        macs.one,
        0x8035,
        `0001080006040003${'00'.repeat(20)}${mark('self-announcement')}`,
      ),
    };
    const end = arp('end', { from: macs.one, sender: macs.one, address: from, target: '10.77.0.99' });
    const all = [...Object.values(frames), ...Object.values(refused), end];
    await stage.filter.apply([withFirewall(null)]);
    t.deepEqual(await stage.seen('one', ['two'], all), [Object.keys({ ...frames, ...refused }).sort()]);
    await stage.filter.apply([withFirewall([{ protocol: 'tcp', ports: port(22) }])]);
    t.deepEqual(await stage.seen('one', ['two'], all), [Object.keys(frames).sort()]);
  },
);

asRoot(
  'make namespaces',
  'an open connection outlives new rules, and a host that never saw it begin',
  async (t) => {
    const stage = await stageFor(t);
    await stage.serve('two', 80);
    const talk = await stage.background('far', 'talk', '10.77.0.11', '80');
    const goesOn = async () => {
      talk.write('?\n');
      return (await talk.lines()) === '10.77.0.12';
    };
    t.true(await goesOn(), 'before this host has any rules');
    await stage.filter.apply([withFirewall([])]);
    t.is(await stage.ask('far', '10.77.0.11', 80), 'none', 'new connections are refused');
    t.true(await goesOn(), 'with rules that came in its midst');
    await stage.filter.apply([withFirewall([{ protocol: 'udp' }])]);
    t.true(await goesOn(), 'with tables made anew');
    await stage.filter.apply([]);
    await stage.filter.apply([withFirewall([])]);
    t.true(await goesOn(), 'with tables that were gone in between');
  },
);
