/**
 * What cloud-init's NoCloud reads from a folder on the network (docs.cloud-init.io, "NoCloud"; network-config is version 2,
 * "Networking config Version 2"). JSON is YAML, and needs no quoting rules of its own.
 */
import type { NetworkConfig } from '../../wire/methods/network.ts';
import { domainOf } from '../network/fixed.ts';
import { type Asker, hostNameOf, type Nic } from './asker.ts';
import { type Folder, folder } from './tree.ts';

/** YAML readers refuse these characters as they are (YAML 1.2.2, 5.1), and take them as JSON escapes them. */
const unprintable = /[\u007f-\u009f\ufeff\ufffe\uffff]/g;

const document = (value: unknown): string =>
  `${JSON.stringify(value, null, 2).replace(
    unprintable,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )}\n`;

const prefixOf = (subnet: string): string => subnet.split('/')[1] ?? '';

/** As the network's DHCP server has it: without a way out or to other networks, a gateway would be a dead end. */
const leadsOn = ({ outside, connected }: NetworkConfig): boolean => outside || connected.length > 0;

/** Where this service is for a guest (RFC 3927 calls the block link-local; here it is behind the gateway). */
const service = '169.254.169.254/32';

/** What a card has of one address family. */
type Side = { address: string; gateway: string; everywhere: string };

function sidesOf({ card, network }: Nic): Side[] {
  const { gateway, subnet, subnet6 } = network;
  const four = {
    address: `${card.address}/${prefixOf(subnet)}`,
    gateway: gateway.address,
    everywhere: '0.0.0.0/0',
  };
  if (card.address6 === null || subnet6 === null || gateway.address6 === null) return [four];
  const address = `${card.address6}/${prefixOf(subnet6)}`;
  return [four, { address, gateway: gateway.address6, everywhere: '::/0' }];
}

/** A card is known by its MAC; which name the guest's kernel gives it is the guest's affair. */
function ethernet(nic: Nic, isDefault: boolean) {
  const { card, network } = nic;
  const sides = sidesOf(nic);
  const onwards = sides.map(({ everywhere, gateway }) => ({ to: everywhere, via: gateway }));
  return {
    match: { macaddress: card.mac },
    mtu: network.mtu,
    addresses: sides.map(({ address }) => address),
    routes: [{ to: service, via: network.gateway.address }, ...(isDefault ? onwards : [])],
    nameservers: { addresses: sides.map(({ gateway }) => gateway), search: [domainOf(network.name)] },
  };
}

/** One default route, by the first card that leads on: two of the same weight would take turns. */
function networkConfig({ nics }: Asker): string {
  const first = nics.findIndex(({ network }) => leadsOn(network));
  const ethernets = nics.map((nic, index) => [`nic${index}`, ethernet(nic, index === first)]);
  return document({ version: 2, ethernets: Object.fromEntries(ethernets) });
}

/**
 * All four are always there, empty when there is nothing to say: user-data must be, and for one that is missing cloud-init
 * asks ten times with a second between (its util.read_seeded), in the middle of a boot.
 */
export const nocloudFolder = (asker: Asker): Folder =>
  folder({
    'meta-data': document({
      'instance-id': asker.spec.uuid,
      'local-hostname': hostNameOf(asker),
      'public-keys': asker.spec.metadata.sshKeys,
    }),
    'network-config': networkConfig(asker),
    'user-data': asker.spec.metadata.userData ?? '',
    'vendor-data': '',
  });
