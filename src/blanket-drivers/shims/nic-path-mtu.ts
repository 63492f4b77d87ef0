/**
 * The path's MTU, found by pings that must not be cut (IP's "don't fragment") to the card's gateway: the largest usual
 * size that comes back. The card's MTU is lowered to it, never raised: a card knows no more than its cloud told it.
 *
 *   no gateway, or one that answers no ping at all -> nothing is learned, and the report says so
 */
import type { Files, HostAccess } from '../access.ts';
import type { Part } from './parts.ts';
import { failed, refused, set } from './report.ts';
import { writeSetting } from './setting.ts';
import type { NicPlan, Report } from './shim.ts';

/** IPv6 carries nothing smaller (RFC 8200, 5), and a tunnel must fit too. */
const smallest = 1280;
/** A packet that every path carries (RFC 791, 3.1). */
const ordinary = 576;
/** IPv4's header and ICMP's. */
const headers = 28;
/** What clouds and their overlays leave: AWS 9001, GCE 8896 and 1460, Alibaba 8500, VXLAN, GRE, Geneve, WireGuard, PPPoE. */
const usual = [
  9001, 9000, 8950, 8942, 8896, 8500, 4000, 3900, 1500, 1492, 1480, 1476, 1462, 1460, 1450, 1442, 1430, 1420,
  1412, 1400, 1380, 1360, 1340, 1320, 1300, 1280,
];

const mtuFile = (name: string) => `/sys/class/net/${name}/mtu`;

/** /proc/net/route holds addresses as hexadecimal words of the machine's own order, which is x86's. */
const dotted = (hex: string): string =>
  (hex.match(/../g) ?? [])
    .reverse()
    .map((byte) => parseInt(byte, 16))
    .join('.');

const gatewayFlag = 2; // RTF_GATEWAY of Linux' route.h

export async function gatewayOf(files: Files, nic: string): Promise<string | undefined> {
  for (const line of ((await files.text('/proc/net/route')) ?? '').split('\n')) {
    const [name, to, via = '', flags = '0'] = line.split('\t');
    if (name === nic && to === '00000000' && (parseInt(flags, 16) & gatewayFlag) !== 0) return dotted(via);
  }
  return undefined;
}

/** Two pings, of which one must come back: one alone that is lost says little. */
const comesBack = ({ exec }: HostAccess, gateway: string, mtu: number): Promise<boolean> =>
  exec('ping', [
    ...['-n', '-q', '-M', 'do', '-c', '2', '-i', '0.2', '-W', '1', '-s', String(mtu - headers), gateway],
  ]).then(
    () => true,
    () => false, // it fails when no answer comes, or when the card's own MTU is smaller
  );

/** The first of `sizes`, which fall, that comes back; halving, as each that does not costs more than a second. */
async function largestThatPasses(
  sizes: readonly number[],
  passes: (mtu: number) => Promise<boolean>,
): Promise<number | undefined> {
  let [low, high] = [0, sizes.length]; // what is before `low` does not pass, what is from `high` on does
  while (low < high) {
    const middle = (low + high) >> 1;
    if (await passes(sizes[middle] ?? smallest)) high = middle;
    else low = middle + 1;
  }
  return sizes[low];
}

type Path =
  | { known: false; why: string }
  /** `largest` is what passes, at most the card's own MTU; `undefined` when it is less than any usual size. */
  | { known: true; gateway: string; mtu: number; largest: number | undefined };

async function measure({ name }: NicPlan, host: HostAccess): Promise<Path> {
  const mtu = Number(await host.files.text(mtuFile(name)));
  const gateway = await gatewayOf(host.files, name);
  const unknown = (why: string): Path => ({ known: false, why: `MTU is ${mtu}, not probed: ${why}` });
  if (gateway === undefined) return unknown('no gateway behind it');
  const passes = (size: number) => comesBack(host, gateway, size);
  const [whole, any] = await Promise.all([passes(mtu), passes(ordinary)]);
  if (whole) return { known: true, gateway, mtu, largest: mtu };
  if (!any) return unknown(`${gateway} answers no ping`);
  const smaller = usual.filter((size) => size < mtu);
  return { known: true, gateway, mtu, largest: await largestThatPasses(smaller, passes) };
}

function judge(path: Path): Report {
  if (!path.known) return set(path.why);
  const { gateway, mtu, largest } = path;
  if (largest === mtu) return set(`MTU ${mtu} passes to ${gateway}`);
  if (mtu === smallest) return refused(`MTU is ${mtu}, and ${gateway} is reached with less only`);
  return failed(`MTU is ${mtu}, and to ${gateway} pass ${largest ?? `less than ${smallest}`}`);
}

export const pathMtu: Part<NicPlan> = {
  async do(plan, host, remember) {
    if (plan.probeMtu !== true) return;
    const path = await measure(plan, host);
    if (!path.known || path.largest === path.mtu) return;
    await writeSetting(host, remember, mtuFile(plan.name), String(path.largest ?? smallest));
  },
  async verify(plan, host) {
    return plan.probeMtu === true ? judge(await measure(plan, host)) : undefined;
  },
};
