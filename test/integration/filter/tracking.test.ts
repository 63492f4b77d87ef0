/** The host remembers no more connections for a guest than is fair, and none where it needs to remember none. */
import { cardOf, greenOf, networkOf } from '../../guest-agent/filter/networks.ts';
import { asRoot } from '../as-root.ts';
import { type Stage, stageFor } from './stage.ts';
import { hostUplink, outsideAddress, type Place } from './stage-links.ts';

const blue = networkOf({ cards: [cardOf(10), cardOf(11)], connected: ['green'] });
const green = greenOf({
  cards: [cardOf(20, { address: '10.88.0.20', address6: 'fd88::14' })],
  connected: ['blue'],
});

/** What one guest may have open, and what the stage itself may add: neighbours, multicast reports. */
const [most, asked, others] = [4096, 5000, 50];

async function remembered(stage: Stage, work: () => Promise<unknown>): Promise<number> {
  const count = async () =>
    Number((await stage.command('host', ['cat', '/proc/sys/net/netfilter/nf_conntrack_count'])).stdout);
  const before = await count();
  await work();
  return (await count()) - before;
}

const spray = (stage: Stage, from: Place, address: string) =>
  stage.command(from, ['python3', stage.inside, 'spray', address, '53', '20000', String(asked)]);

for (const tracked of [false, true]) {
  const variant = tracked ? ' (bridged packets pass the inet tables too)' : '';

  asRoot('make namespaces', `no guest uses up what the host remembers${variant}`, async (t) => {
    const stage = await stageFor(t, tracked);
    await stage.serve('outside', 80);
    await stage.filter.apply([blue, green]);
    const ways: [Place, string][] = [
      ['one', outsideAddress],
      ['one', '2001:db8::2'],
      ['two', '10.77.0.1'],
      ['two', 'fd77::1'],
    ];
    for (const [from, address] of ways) {
      const count = await remembered(stage, () => spray(stage, from, address));
      t.true(count >= most - others && count <= most + others, `${from} to ${address}: ${count}`);
    }
    t.is(await stage.ask('one', outsideAddress, 80), 'none', 'who has had all gets no more');
    t.is(await stage.ask('three', outsideAddress, 80), hostUplink, 'others do');
    t.deepEqual(await stage.filter.differs(), []);
    await stage.filter.apply([blue]);
    t.is(await stage.ask('one', outsideAddress, 80), 'none', 'and it is not forgotten with another filter');
  });

  asRoot('make namespaces', `what answers the host itself is known for it${variant}`, async (t) => {
    const stage = await stageFor(t, tracked);
    await stage.filter.apply([blue]);
    for (const address of ['10.77.0.10', `fe80::ff:fe00:a%${stage.blue.bridge}`])
      await t.notThrowsAsync(stage.command('host', ['ping', '-c1', '-W2', address]), address);
  });

  asRoot('make namespaces', `what guests send each other is not remembered${variant}`, async (t) => {
    const stage = await stageFor(t, tracked);
    await stage.serve('three', 80);
    await stage.filter.apply([blue, green]);
    for (const address of ['10.88.0.20', 'fd88::14', '10.77.0.11', 'fd77::b']) {
      const count = await remembered(stage, () => spray(stage, 'one', address));
      t.true(count <= others, `to ${address}: ${count}`);
    }
    t.is(await stage.ask('one', '10.88.0.20', 80), '10.77.0.10');
  });
}

asRoot('make namespaces', "the tunnel's VXLAN is not remembered, other things in it are", async (t) => {
  const stage = await stageFor(t);
  await stage.filter.apply([blue]);
  const each = (port: number) =>
    remembered(stage, async () => {
      await stage.datagram('peer', '10.254.0.1', port, '00');
      await stage.datagram('host', '10.254.0.2', port, '00');
    });
  t.is(await each(4790), 2);
  t.is(await each(4789), 0);
});
