/** Any networks that the wire lets through, odd ones before all: few names, MACs and addresses, so that they meet. */
import fc from 'fast-check';
import { type NetworkConfig, networkConfigSchema } from '../../../src/wire/methods/network.ts';

const byte = fc.integer({ min: 0, max: 255 });
const ipv4 = fc.oneof(
  fc.constantFrom('0.0.0.0', '255.255.255.255', '127.0.0.1', '10.77.0.1', '10.77.0.10'),
  fc.tuple(byte, byte, byte, byte).map((four) => four.join('.')),
);
const ipv6 = fc.oneof(
  fc.constantFrom('::', '::1', 'FD77::A', 'fe80::1', '::ffff:10.0.0.1', 'fd77:0:0:0:0:0:0:a'),
  fc.ipV6(),
);
const mac = fc.oneof(
  fc.constantFrom('02:00:00:00:00:0a', 'ff:ff:ff:ff:ff:ff', '00:00:00:00:00:00'),
  fc
    .tuple(byte, byte)
    .map(([a, b]) => `02:00:00:00:${[a, b].map((n) => n.toString(16).padStart(2, '0')).join(':')}`),
);
const name = fc.oneof(
  fc.constantFrom('a', 'blue', 'drop', 'table', 'x'.repeat(40)),
  fc.stringMatching(/^[a-z]{1,8}$/),
);
const port = fc.oneof(fc.constantFrom(1, 80, 8775, 65535), fc.integer({ min: 1, max: 65535 }));
const cidrv4 = fc.tuple(ipv4, fc.integer({ min: 0, max: 32 })).map(([ip, prefix]) => `${ip}/${prefix}`);
const cidrv6 = fc.tuple(ipv6, fc.integer({ min: 0, max: 128 })).map(([ip, prefix]) => `${ip}/${prefix}`);
const few = <T>(one: fc.Arbitrary<T>) => fc.array(one, { maxLength: 4 });

const rule = fc.record(
  {
    protocol: fc.constantFrom('tcp', 'udp', 'icmp'),
    ports: fc.tuple(port, port).map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) })),
    from: fc.oneof(cidrv4, cidrv6),
  },
  { requiredKeys: ['protocol'] },
);
const card = fc.record({
  mac,
  name,
  address: ipv4,
  address6: fc.option(ipv6),
  at: ipv4,
  here: fc.boolean(),
  allow: fc.option(few(rule)),
});
const config = fc.record({
  name,
  vni: fc.oneof(fc.constantFrom(1, 16777215), fc.integer({ min: 1, max: 16777215 })),
  mtu: fc.constant(1370),
  subnet: cidrv4,
  subnet6: fc.option(cidrv6),
  gateway: fc.record({ mac, address: ipv4, address6: fc.option(ipv6) }),
  hostAddress: cidrv4,
  hostAddresses: few(ipv4),
  tunnelAddress: fc.oneof(fc.constant('10.77.0.1'), ipv4), // often the one that is the way out
  peers: few(ipv4),
  outside: fc.boolean(),
  egress: fc.option(fc.record({ at: ipv4, address: ipv4, except: few(fc.oneof(cidrv4, cidrv6)) })),
  connected: few(name),
  cards: few(card),
  publishes: few(fc.record({ protocol: fc.constantFrom('tcp', 'udp'), port, address: ipv4, toPort: port })),
});

/** Only what the wire's own schema takes. */
export const configs: fc.Arbitrary<NetworkConfig[]> = fc
  .uniqueArray(config, { selector: (one) => one.name, maxLength: 4 })
  .map((all) => all.flatMap((one) => networkConfigSchema.safeParse(one).data ?? []));
