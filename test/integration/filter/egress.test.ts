/** A host that is the way out of guests elsewhere, and one whose guests leave by another. */
import { cardOf, greenOf, networkOf } from '../../guest-agent/filter/networks.ts';
import { asRoot } from '../as-root.ts';
import { type Stage, stageFor, together } from './stage.ts';
import { guestLines, hostUplink, macs, outsideAddress } from './stage-links.ts';

const here = { at: '10.254.0.1', address: '10.77.0.254', except: [] };
const elsewhere = { at: '10.254.0.2', address: '10.77.0.253', except: [] };
const blue = (changes = {}) => networkOf({ cards: [cardOf(10), cardOf(11)], ...changes });
const green = () => greenOf({ cards: [cardOf(20, { address: '10.88.0.20', address6: 'fd88::14' })] });
const [outside6, uplink6] = ['2001:db8::2', '2001:db8::1'];
const namespaces = 'make namespaces';

/** As another host would send what its guests have for the world: to this host's own MAC. */
async function byThisHost(stage: Stage): Promise<void> {
  await stage.ip('host', [`addr replace fe80::77/64 dev ${stage.blue.bridge} nodad`]);
  await stage.ip('far', [
    'route replace default via 10.77.0.254',
    'route replace default via fe80::77 dev eth0',
  ]);
}

for (const tracked of [false, true]) {
  const variant = tracked ? ' (bridged packets pass the inet tables too)' : '';

  asRoot(namespaces, `guests elsewhere leave by the host that is their way out${variant}`, async (t) => {
    const stage = await stageFor(t, tracked);
    await byThisHost(stage);
    await stage.serve('outside', 80);
    const reached = () =>
      Promise.all([
        stage.ask('far', outsideAddress, 80),
        stage.ask('far', outside6, 80),
        stage.askUdp('far', outsideAddress, 80),
        stage.ask('one', outsideAddress, 80),
      ]);
    const asHost = [hostUplink, uplink6, hostUplink];
    await stage.filter.apply([blue()]);
    t.deepEqual(await reached(), ['none', 'none', 'none', hostUplink], 'each by its own host');
    await stage.filter.apply([blue({ egress: here })]);
    t.deepEqual(await reached(), [...asHost, hostUplink]);
    t.deepEqual(await stage.filter.differs(), []);
    await stage.filter.apply([blue({ egress: here, outside: false })]);
    t.deepEqual(await reached(), ['none', 'none', 'none', 'none']);
    await stage.filter.apply([blue({ egress: elsewhere })]);
    t.deepEqual(await reached(), ['none', 'none', 'none', 'none'], 'and nobody by one that is not');
  });
}

asRoot(namespaces, 'the way out is for the addresses of its network, and to the world alone', async (t) => {
  const stage = await stageFor(t);
  await byThisHost(stage);
  await stage.serve('outside', 80);
  await stage.serve('three', 80);
  await stage.serve('peer', 80);
  await stage.serve('host', 22);
  await stage.ip('peer', ['route replace default via 10.254.0.1']);
  await stage.filter.apply([blue({ egress: here }), green()]);
  t.is(await stage.ask('far', '203.0.113.1', 80), hostUplink);
  const at = (port: number, addresses: string[]) =>
    addresses.map((address) => [`${address} ${port}`, stage.ask('far', address, port)] as const);
  const services = ['169.254.7.7', '168.63.129.16', 'fd00:ec2::254', '10.88.0.20', 'fd88::14', '10.254.0.2'];
  const own = [hostUplink, '10.77.0.254', '10.254.0.1', uplink6];
  const answered = await together(Object.fromEntries([...at(80, services), ...at(22, own)]));
  t.deepEqual(
    Object.entries(answered).filter(([, answer]) => answer !== 'none'),
    [],
  );
  await stage.ip('outside', ['route add 10.99.0.0/24 via 198.51.100.1']);
  await stage.ip('host', [`route add 10.99.0.0/24 dev ${stage.blue.bridge}`]);
  await stage.ip('far', ['addr flush dev eth0', ...guestLines(macs.far, '10.99.0.9', 'fd99::9').slice(0, 3)]);
  await stage.ip('far', ['route add 10.77.0.254 dev eth0', 'route replace default via 10.77.0.254']);
  t.is(await stage.ask('far', outsideAddress, 80), 'none', "from a stranger's address");
});

asRoot(namespaces, 'who has left by the host leaves it no more once it is not their way out', async (t) => {
  const stage = await stageFor(t);
  await byThisHost(stage);
  await stage.serve('outside', 80);
  const open = async () => {
    const { lines, write } = await stage.background('far', 'talk', outsideAddress, '80');
    return () => {
      write('?\n');
      return Promise.race([lines(), new Promise<string>((resolve) => setTimeout(resolve, 3000, 'silent'))]);
    };
  };
  await stage.filter.apply([blue({ egress: here })]);
  const first = await open();
  t.is(await first(), hostUplink);
  await stage.filter.apply([blue({ egress: here }), green()]);
  t.is(await first(), hostUplink, 'another network changes nothing');
  await stage.filter.apply([blue()]);
  t.is(await first(), 'silent');
});

asRoot(namespaces, 'no guest elsewhere uses up what the egress host remembers', async (t) => {
  const [most, asked, others] = [4096, 5000, 50];
  const stage = await stageFor(t);
  await byThisHost(stage);
  await stage.filter.apply([blue({ egress: here })]);
  const count = async () =>
    Number((await stage.command('host', ['cat', '/proc/sys/net/netfilter/nf_conntrack_count'])).stdout);
  for (const address of [outsideAddress, outside6]) {
    const before = await count();
    await stage.command('far', ['python3', stage.inside, 'spray', address, '53', '20000', String(asked)]);
    const added = (await count()) - before;
    t.true(added >= most - others && added <= most + others, `to ${address}: ${added}`);
  }
});

asRoot(namespaces, 'what leaves by another host is not remembered here', async (t) => {
  const stage = await stageFor(t);
  await stage.ip('host', [
    `rule add iif ${stage.blue.gateway} lookup 7`,
    `route add default via 10.77.0.12 dev ${stage.blue.bridge} table 7`,
    'route add throw 10.77.0.0/24 table 7',
  ]);
  await stage.serve('far', 80);
  await stage.serve('host', 8775);
  await stage.ip('far', [`addr add ${outsideAddress}/32 dev eth0`]);
  await stage.filter.apply([blue({ egress: elsewhere })]);
  const count = async () =>
    Number((await stage.command('host', ['cat', '/proc/sys/net/netfilter/nf_conntrack_count'])).stdout);
  const before = await count();
  t.is(await stage.ask('one', outsideAddress, 80), '10.77.0.10', 'with its own address to the egress host');
  await stage.command('one', ['python3', stage.inside, 'spray', outsideAddress, '53', '20000', '500']);
  t.true((await count()) - before < 50);
  t.is(await stage.ask('one', '169.254.169.254', 80), '10.77.0.10', 'metadata is this host’s');
});
