import test from 'ava';
import { parse } from 'yaml';
import { askerOf } from '../../../src/guest-agent/metadata/asker.ts';
import { nocloudFolder } from '../../../src/guest-agent/metadata/nocloud.ts';
import { lookUp } from '../../../src/guest-agent/metadata/tree.ts';
import type { NetworkConfig } from '../../../src/wire/methods/network.ts';
import type { GuestMetadata } from '../../../src/wire/network.ts';
import { guestSpec } from '../spec.ts';
import { backMac, backNetwork, networkConfig, traveller } from './guests.ts';

const nics = [
  { mac: backMac, network: 'back' },
  { mac: traveller.mac, network: 'shared' },
];
const folderOf = (networks: readonly NetworkConfig[], metadata: Partial<GuestMetadata> = {}) =>
  nocloudFolder(
    askerOf(guestSpec({ nics, metadata: { sshKeys: [], userData: null, ...metadata } }), networks),
  );
const networkOf = (...networks: NetworkConfig[]) =>
  parse(lookUp(folderOf(networks), ['network-config']) ?? '');

test('all four files are there, empty when there is nothing to say', (t) => {
  const folder = folderOf([networkConfig(), backNetwork()]);
  t.is(lookUp(folder, ['']), 'meta-data\nnetwork-config\nuser-data\nvendor-data');
  t.is(lookUp(folder, ['user-data']), '');
  t.is(lookUp(folder, ['vendor-data']), '');
  t.is(lookUp(folderOf([], { userData: '#!/bin/sh\n' }), ['user-data']), '#!/bin/sh\n');
});

test('meta-data is YAML, whatever a key’s comment is', (t) => {
  const sshKeys = [
    'ssh-ed25519 AAAA a "quote", \\ # and: {braces}',
    'ssh-rsa BBBB \u007f\u0085\u009b\ufeff ü 😀 \t',
  ];
  const text = lookUp(folderOf([networkConfig(), backNetwork()], { sshKeys }), ['meta-data']) ?? '';
  t.notRegex(text, /[\u007f-\u009f\ufeff]/);
  t.deepEqual(parse(text), {
    'instance-id': '6f4b3c1e-7a52-4d6f-9f0e-1d2c3b4a5f60',
    'local-hostname': 'traveller.back.internal',
    'public-keys': sshKeys,
  });
});

test('network-config: each card by its MAC with its fixed addresses; one default route, where there is a way on', (t) => {
  const service = (via: string) => ({ to: '169.254.169.254/32', via });
  t.deepEqual(networkOf(networkConfig(), backNetwork()), {
    version: 2,
    ethernets: {
      nic0: {
        match: { macaddress: backMac },
        mtu: 1200,
        addresses: ['10.78.0.10/20'],
        routes: [service('10.78.0.1')],
        nameservers: { addresses: ['10.78.0.1'], search: ['back.internal'] },
      },
      nic1: {
        match: { macaddress: traveller.mac },
        mtu: 1370,
        addresses: ['10.77.0.10/24', 'fd77::a/64'],
        routes: [service('10.77.0.1'), { to: '0.0.0.0/0', via: '10.77.0.1' }, { to: '::/0', via: 'fd77::1' }],
        nameservers: { addresses: ['10.77.0.1', 'fd77::1'], search: ['shared.internal'] },
      },
    },
  });
});

test('a connected network leads on without a way out, and the first card that leads on has the default route', (t) => {
  const { nic0, nic1 } = networkOf(networkConfig(), backNetwork({ connected: ['shared'] })).ethernets;
  t.true(nic0.routes.some(({ to }: { to: string }) => to === '0.0.0.0/0'));
  t.deepEqual(nic1.routes, [{ to: '169.254.169.254/32', via: '10.77.0.1' }]);
});
