import test from 'ava';
import { listingDifferences, parseListing } from '../../../src/guest-agent/filter/nft-listing.ts';

/** As nft 1.0.6 and 1.1.3 list a table. */
const listing = (cards: string, seen = '', rule = 'drop') => `table bridge blanket {
\tset cards {
\t\ttype ifname . ether_addr
\t\telements = { ${cards} }
\t}

\tset udp_02 {
\t\ttype ipv4_addr . inet_service . inet_service
\t\tsize 16384
\t\tflags dynamic,timeout
\t\ttimeout 2m
${seen}\t}

\tchain from_guest {
\t\tiifname . ether saddr != @cards ${rule}
\t\tether type vmap { ip : goto guest_ip, arp : goto guest_arp }
\t}
}
`;
const [a, b] = ['"bt1" . 02:00:00:00:00:01', '"bt2" . 02:00:00:00:00:02'];
const differences = (before: string, after: string) =>
  listingDifferences('bridge', parseListing(before), parseListing(after));

test('the order of elements, and what traffic put there, make no difference', (t) => {
  const before = listing(`${a},\n\t\t\t     ${b}`);
  t.deepEqual([...parseListing(before).keys()], ['set cards', 'set udp_02', 'chain from_guest']);
  t.deepEqual(differences(before, listing(`${b},\n\t\t\t     ${a}`)), []);
  t.deepEqual(differences(before, listing(`${a}, ${b}`, '\t\telements = { 10.0.0.1 . 53 . 7 }\n')), []);
});

test('every other difference has a name', (t) => {
  t.deepEqual(differences(listing(a), listing(b)), ['set cards of table bridge blanket was changed']);
  t.deepEqual(differences(listing(a), listing(a, '', 'accept')), [
    'chain from_guest of table bridge blanket was changed',
  ]);
  const without = 'table bridge blanket {\n}\n';
  t.is(differences(listing(a), without).length, 3);
  t.true(differences(listing(a), without).every((one) => one.endsWith('was removed')));
  t.true(differences(without, listing(a)).every((one) => one.endsWith('was added')));
});

test('a table that came or went is named as a whole', (t) => {
  const some = parseListing(listing(a));
  t.deepEqual(listingDifferences('inet', undefined, undefined), []);
  t.deepEqual(listingDifferences('inet', some, undefined), ['table inet blanket was removed']);
  t.deepEqual(listingDifferences('inet', undefined, some), ['table inet blanket was added']);
});
