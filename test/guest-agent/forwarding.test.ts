import test from 'ava';
import { cardCommands, type FdbEntry, fdbCommands } from '../../src/guest-agent/network/forwarding.ts';
import { gatewayPortOf, vxlanOf } from '../../src/guest-agent/network/names.ts';
import { networkConfig } from './network-config.ts';

const config = networkConfig();
const [vxlan, port] = [vxlanOf('lan'), gatewayPortOf('lan')];
const [web, db, gone] = ['52:54:00:77:00:11', '52:54:00:77:00:12', '52:54:00:77:00:13'];
const everyone = '00:00:00:00:00:00';

const toHost = (mac: string, dst: string, flags = ['self', 'extern_learn']): FdbEntry => ({
  ...{ mac, dst, flags, ifname: vxlan, state: '' },
});
const toPort = (mac: string): FdbEntry => ({ mac, ifname: vxlan, flags: ['extern_learn'], master: 'bl' });
const gatewayLine = `fdb replace ${config.gateway.mac} dev ${port} master static sticky`;
const pushed = (mac: string, at: string) =>
  `fdb replace ${mac} dev ${vxlan} dst ${at} self master dynamic extern_learn`;

test('an empty table gets the gateway, every peer, and the cards that are elsewhere', (t) => {
  t.deepEqual(fdbCommands(config, []), [
    gatewayLine,
    `fdb append ${everyone} dev ${vxlan} dst 10.254.0.2 self`,
    pushed(db, '10.254.0.2'),
  ]);
});

test('what is right is left alone', (t) => {
  const fdb = [toHost(everyone, '10.254.0.2', ['self']), toHost(db, '10.254.0.2'), toPort(db)];
  t.deepEqual(fdbCommands(config, fdb), [gatewayLine]);
});

test('peers and cards that are no more are taken away, and what traffic taught of strangers is not', (t) => {
  const fdb = [
    toHost(everyone, '10.254.0.9', ['self']),
    toHost(db, '10.254.0.2'),
    toPort(db),
    toHost(gone, '10.254.0.9'),
    toHost('52:54:00:77:00:99', '10.254.0.9', ['self']),
  ];
  t.deepEqual(fdbCommands({ ...config, peers: [] }, fdb), [
    gatewayLine,
    `fdb delete ${everyone} dev ${vxlan} dst 10.254.0.9 self`,
    `fdb delete ${gone} dev ${vxlan} self`,
  ]);
});

test("a card elsewhere is set again when its host, its kind or the bridge's part is another", (t) => {
  const cards = [{ mac: db, at: '10.254.0.2' }];
  const command = pushed(db, '10.254.0.2');
  t.deepEqual(cardCommands(config, cards, [toHost(db, '10.254.0.3'), toPort(db)]), [command]);
  t.deepEqual(cardCommands(config, cards, [toHost(db, '10.254.0.2', ['self']), toPort(db)]), [command]);
  t.deepEqual(cardCommands(config, cards, [toHost(db, '10.254.0.2')]), [command]);
});

test('a card that is here has no entry towards other hosts', (t) => {
  const cards = [{ mac: web, at: '10.254.0.1' }];
  t.deepEqual(cardCommands(config, cards, []), []);
  t.deepEqual(cardCommands(config, cards, [toHost(web, '10.254.0.2'), toPort(web)]), [
    `fdb delete ${web} dev ${vxlan} self`,
    `fdb delete ${web} dev ${vxlan} master`,
  ]);
  t.deepEqual(cardCommands(config, cards, [toPort(web)]), [`fdb delete ${web} dev ${vxlan} master`]);
});
