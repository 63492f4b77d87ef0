/** A server of names that cannot start is told of, and starts as soon as it can. */
import { bridgeOf } from '../../../src/guest-agent/network/names.ts';
import { asRoot } from '../as-root.ts';
import { dhcp, reaches, resolve } from './clients.ts';
import { squat } from './squatter.ts';
import { card, configOf, type Host, network, newGuest, twoHosts } from './two-hosts.ts';

const why = 'make network namespaces';
const repaired = async (host: Host) => ((await host.ask('repair')) as { repaired: string[] }).repaired;
const failed = { code: 'network.no-name-server', message: /Address already in use/ };

asRoot(
  why,
  'a server that cannot start is told of, each time, and the network is set up beside',
  async (t) => {
    const { tag, a, b } = await twoHosts(t);
    const end = await squat(t, a, 53);
    const config = configOf(a, [b], [card(11, 'web', a)]);
    await t.throwsAsync(a.ask('apply', config), failed);
    await t.throwsAsync(a.ask('apply', config), failed);
    const web = await newGuest(t, tag, a, '52:54:00:77:00:11');
    await web.inside('ip', 'address', 'add', '10.77.0.11/24', 'dev', 'eth0');
    t.true(await reaches(web, '10.77.0.1', '3'));
    t.deepEqual(await repaired(a), []);
    await end();
    t.deepEqual(await repaired(a), [`bridge ${network}: it was not set up`]);
    t.is((await dhcp(t, web)).get('ip'), '10.77.0.11');
    t.deepEqual(await repaired(a), []);
  },
);

asRoot(why, 'a server that could not start leaves nothing when its network goes', async (t) => {
  const { a, b } = await twoHosts(t);
  const end = await squat(t, a, 53);
  const config = configOf(a, [b], [card(11, 'web', a)]);
  await t.throwsAsync(a.ask('apply', config), failed);
  await a.ask('remove', network);
  t.false((await a.inside('ip', 'link', 'show')).includes(bridgeOf(network)));
  await end();
  await a.ask('apply', config);
  t.deepEqual(await repaired(a), []);
});

asRoot(
  why,
  'lists that the server was not told of are told by the next try, whatever the files say',
  async (t) => {
    const { tag, a, b } = await twoHosts(t);
    const web = card(11, 'web', a);
    await a.ask('apply', configOf(a, [b], [web]));
    const guest = await newGuest(t, tag, a, web.mac);
    await dhcp(t, guest);
    await a.ask('break', 'reload');
    const config = configOf(a, [b], [web, card(12, 'db', b)]);
    // changing the cards alone fails with the lists written, and the whole network is set then
    await a.ask('apply', config);
    t.deepEqual(await repaired(a), []);
    t.deepEqual(await resolve(guest, 'db.lan.internal', '10.77.0.1'), ['10.77.0.12', 'fd77::12']);
  },
);

asRoot(why, 'options that the server was not started with are so the next time', async (t) => {
  const { tag, a, b } = await twoHosts(t);
  const web = card(11, 'web', a);
  await a.ask('apply', configOf(a, [b], [web], { outside: true }));
  const guest = await newGuest(t, tag, a, web.mac);
  t.is((await dhcp(t, guest)).get('router'), '10.77.0.1');
  await a.ask('break', 'stop');
  const config = configOf(a, [b], [web], { outside: false });
  await t.throwsAsync(a.ask('apply', config), { message: /stop failed/ });
  await a.ask('apply', config);
  t.is((await dhcp(t, guest)).get('router'), undefined);
});

asRoot(
  why,
  'an address is given to its next guest at once, here and where the last one had been',
  async (t) => {
    const { tag, a, b } = await twoHosts(t);
    const last = card(11, 'web', a);
    await a.ask('apply', configOf(a, [b], [last, card(12, 'db', a)]));
    await dhcp(t, await newGuest(t, tag, a, last.mac));
    // it goes to the other host, and is removed there
    await a.ask('apply', configOf(a, [b], [{ ...last, at: b.tunnel }, card(12, 'db', a)]));
    await a.ask('apply', configOf(a, [b], [card(12, 'db', a)]));
    const next = { ...card(13, 'web', a), address: last.address, address6: last.address6 };
    await a.ask('apply', configOf(a, [b], [next, card(12, 'db', a)]));
    t.is((await dhcp(t, await newGuest(t, tag, a, next.mac))).get('ip'), last.address);
  },
);
