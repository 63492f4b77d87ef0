import test from 'ava';
import type { z } from 'zod';
import { linkSchema, routeSchema } from '../../src/guest-agent/links.ts';
import { parseObjects } from '../../src/guest-agent/listing.ts';
import { fdbSchema } from '../../src/guest-agent/network/forwarding.ts';

/** Printed by iproute2 6.1, shortened. */
const link =
  '{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP"],"mtu":65536,"address":"00:00:00:00:00:00","linkinfo":{"info_kind":"vxlan","info_data":{"id":77}},"addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8,"scope":"host","label":"lo"}]}';

test('objects are read for what is asked of them, and empty ones are none', (t) => {
  t.deepEqual(parseObjects('ip', `[{},${link},{}]`, linkSchema), [
    {
      ...{ ifname: 'lo', flags: ['LOOPBACK', 'UP'], mtu: 65536, address: '00:00:00:00:00:00' },
      linkinfo: { info_kind: 'vxlan', info_data: { id: 77 } },
      addr_info: [{ family: 'inet', local: '127.0.0.1', prefixlen: 8, scope: 'host' }],
    },
  ]);
  t.deepEqual(parseObjects('ip', '[ ]', linkSchema), []);
});

const wrong: [z.ZodType, string][] = [
  [linkSchema, '[{"ifindex":1}]'],
  [linkSchema, '[{"ifname":"lo","mtu":"65536"}]'],
  [routeSchema, '[{"dev":"eth0"}]'],
  [fdbSchema, '[{"mac":"52:54:00:77:00:11","ifname":7}]'],
  [linkSchema, '{"ifname":"lo"}'],
  [linkSchema, ''],
];
for (const [schema, text] of wrong) {
  test(`what is not understood is told, and not taken: ${text || 'nothing'}`, (t) => {
    t.throws(() => parseObjects('ip', text, schema), { code: 'host.unreadable', message: /`ip` says/ });
  });
}
