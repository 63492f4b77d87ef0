/** Guests of the host that publishes a port reach it as the rest of the world does. */
import { cardOf, greenOf, networkOf } from '../../guest-agent/filter/networks.ts';
import { asRoot } from '../as-root.ts';
import { stageFor, together } from './stage.ts';
import { hostUplink } from './stage-links.ts';

const publishes = (['tcp', 'udp'] as const).map((protocol) => ({
  ...{ protocol, port: 8080, address: '10.77.0.10', toPort: 80 },
}));
const cards = [cardOf(10, { allow: [] }), cardOf(11, { allow: [] })];
const blue = (changes = {}) => networkOf({ cards, publishes, ...changes });
const green = (changes = {}) =>
  greenOf({
    cards: [cardOf(20, { address: '10.88.0.20', address6: 'fd88::14', allow: [] })],
    ...changes,
  });

for (const tracked of [false, true]) {
  const variant = tracked ? ' (bridged packets pass the inet tables too)' : '';

  asRoot('make namespaces', `a published port answers guests of its own host${variant}`, async (t) => {
    const stage = await stageFor(t, tracked);
    await stage.serve('one', 80);
    await stage.serve('host', 8080);
    const reached = () =>
      together({
        neighbour: stage.ask('two', hostUplink, 8080),
        'neighbour over udp': stage.askUdp('two', hostUplink, 8080),
        'another network': stage.ask('three', hostUplink, 8080),
        'another network over udp': stage.askUdp('three', hostUplink, 8080),
        itself: stage.ask('one', hostUplink, 8080),
      });
    const [none, asHost] = ['none', '10.77.0.254'];
    await stage.filter.apply([blue({ publishes: [] }), green()]);
    t.deepEqual(new Set(Object.values(await reached())), new Set([none]), 'nothing is published');
    await stage.filter.apply([blue(), green()]);
    t.deepEqual(await reached(), {
      neighbour: asHost,
      // With br_netfilter the bridge sends an answer on before its sender is set right: a firewall does not know it for an
      // answer, and no bridge sends a frame back to the port that it came by.
      'neighbour over udp': tracked ? none : asHost,
      'another network': asHost,
      'another network over udp': asHost,
      itself: tracked ? none : asHost,
    });
    const past = {
      'by the port alone': stage.ask('three', '10.77.0.10', 80),
      "not at the gateway's address": stage.ask('three', '10.77.0.1', 8080),
      "not at the host's": stage.ask('three', '10.77.0.254', 8080),
    };
    t.deepEqual(new Set(Object.values(await together(past))), new Set([none]));
  });

  asRoot('make namespaces', `who has no way out has none to published ports${variant}`, async (t) => {
    const stage = await stageFor(t, tracked);
    await stage.serve('one', 80);
    await stage.filter.apply([blue({ outside: false }), green({ outside: false })]);
    t.is(await stage.ask('outside', hostUplink, 8080), '10.77.0.254', 'it is published');
    const inside = await Promise.all([
      stage.ask('two', hostUplink, 8080),
      stage.ask('three', hostUplink, 8080),
    ]);
    t.deepEqual(inside, ['none', 'none']);
  });
}
