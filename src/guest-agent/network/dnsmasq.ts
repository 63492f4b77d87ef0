/**
 * What dnsmasq is told of one network: addresses for the guests that are on this host, names for all of them. It
 * listens on the gateway alone. Options are dnsmasq(8)'s long ones without dashes; the numbers of DHCP's are RFC 2132's.
 */
import type { NetworkConfig } from '../../wire/methods/network.ts';
import { domainOf } from './fixed.ts';
import { gatewayOf } from './names.ts';
import { subnetOf } from './subnet.ts';

const lease = '12h';
/** Where clouds answer questions about a machine, and guests find their own answers. */
const metadataAddress = '169.254.169.254';
/** Seconds between announcements; guests that just arrived hear one soon. */
const announceSeconds = 60;
const routerSeconds = 1800;
/** The number kept for examples (RFC 5612): with the gateway's MAC it names the same DHCPv6 server on every host. */
const enterprise = 32473;

const hasRouter = ({ outside, connected }: NetworkConfig): boolean => outside || connected.length > 0;

/** A client that is told routes (option 121) ignores the router (3), so the router is among them (RFC 3442). */
function dhcpOptions(config: NetworkConfig): string[] {
  const { address } = config.gateway;
  const everywhere = hasRouter(config) ? `,0.0.0.0/0,${address}` : '';
  return [
    `dhcp-option=3${hasRouter(config) ? `,${address}` : ''}`, // without a value none is named
    `dhcp-option=6,${address}`,
    `dhcp-option=26,${config.mtu}`,
    `dhcp-option=121,${metadataAddress}/32,${address}${everywhere}`,
  ];
}

/** Addresses by DHCPv6; the announcement brings router and MTU, which DHCPv6 has not. */
function ipv6Lines(config: NetworkConfig): string[] {
  const { subnet6, gateway, name, mtu } = config;
  if (subnet6 === null || gateway.address6 === null) return [];
  const [network, prefix] = subnet6.split('/');
  const announced = `${announceSeconds},${hasRouter(config) ? routerSeconds : 0}`;
  return [
    `dhcp-range=${network},static,${prefix},${lease}`,
    'enable-ra',
    `ra-param=${gatewayOf(name)},mtu:${mtu},${announced}`,
    `dhcp-option=option6:dns-server,[${gateway.address6}]`,
    `dhcp-duid=${enterprise},${gateway.mac}`,
  ];
}

/**
 * @param files lists that it reads again when told to.
 * @param device the gateway's number in the kernel: sockets are bound to that, and a device made anew has another.
 */
export function dnsmasqFile(
  config: NetworkConfig,
  files: { leases: string; hosts: string },
  device: string,
): string {
  const { name, subnet, outside } = config;
  const { network, mask } = subnetOf(subnet);
  return `${[
    `# network ${name}, device ${device}`,
    `interface=${gatewayOf(name)}`,
    'except-interface=lo',
    'bind-interfaces',
    'pid-file', // none: systemd knows
    'quiet-dhcp',
    'quiet-dhcp6',
    'quiet-ra',
    'no-ping',
    'leasefile-ro', // leases are static, so there is nothing to remember
    'dhcp-authoritative',
    `dhcp-range=${network},static,${mask},${lease}`,
    'dhcp-ignore=tag:!known',
    'dhcp-ignore-names', // a guest's name is the one that control gave it
    `dhcp-hostsfile=${files.leases}`,
    ...dhcpOptions(config),
    ...ipv6Lines(config),
    `domain=${domainOf(name)}`,
    `local=/${domainOf(name)}/`,
    'no-hosts', // the host's own names are none of the guests' business
    `addn-hosts=${files.hosts}`,
    'bogus-priv',
    ...(outside ? [] : ['no-resolv']),
  ].join('\n')}\n`;
}

/** Only the host that a guest is on answers it. */
export const leasesFile = ({ cards }: NetworkConfig): string =>
  cards
    .filter(({ here }) => here)
    .map(({ mac, address, address6, name }) => {
      const both = address6 === null ? address : `${address},[${address6}]`;
      return `${mac},${both},${name},${lease}\n`;
    })
    .join('');

export const hostsFile = ({ name: network, cards }: NetworkConfig): string =>
  cards
    .flatMap(({ address, address6, name }) =>
      [address, ...(address6 === null ? [] : [address6])].map(
        (one) => `${one} ${name} ${name}.${domainOf(network)}\n`,
      ),
    )
    .join('');
