/**
 * The path's MTU, found by pings that must not be cut (IP's "don't fragment") to the card's gateway: the largest usual
 * size that comes back. The card's MTU is lowered to it, never raised: a card knows no more than its cloud told it.
 *
 *   no gateway, or one that answers no ping at all -> nothing is learned, and the report says so
 */
import type { Files, HostAccess } from '../access.ts';
import type { Part } from './parts.ts';
import { failed, set } from './report.ts';
import { writeSetting } from './setting.ts';
import type { NicPlan, Report } from './shim.ts';

/** IPv6 carries nothing smaller (RFC 8200, 5), and a tunnel must fit too. */
const smallest = 1280;
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

type Probe = { gateway: string; passes(mtu: number): Promise<boolean> };

/** A ping that is lost says little, so a second round of two decides. */
const probeOf = ({ exec }: HostAccess, gateway: string): Probe => ({
  gateway,
  async passes(mtu) {
    const rounds = [
      ['-c', '1'],
      ['-c', '2', '-i', '0.3'],
    ];
    for (const round of rounds) {
      const args = ['-n', '-q', '-M', 'do', ...round, '-W', '1', '-s', String(mtu - headers), gateway];
      const came = await exec('ping', args).then(
        () => true,
        () => false, // it fails when no answer comes, or when the card's own MTU is smaller
      );
      if (came) return true;
    }
    return false;
  },
});

type Path =
  | { known: false; why: string }
  /** `largest` is what passes, at most the card's own MTU. */
  | { known: true; gateway: string; mtu: number; largest: number | undefined };

async function measure({ name }: NicPlan, host: HostAccess): Promise<Path> {
  const mtu = Number(await host.files.text(mtuFile(name)));
  const gateway = await gatewayOf(host.files, name);
  if (gateway === undefined) return { known: false, why: `MTU is ${mtu}, not probed: no gateway behind it` };
  const probe = probeOf(host, gateway);
  if (await probe.passes(mtu)) return { known: true, gateway, mtu, largest: mtu };
  const small = [500, ...usual.filter((size) => size < mtu)];
  const passed = await Promise.all(small.map(async (size) => ((await probe.passes(size)) ? size : 0)));
  const largest = Math.max(...passed);
  if (largest === 0) return { known: false, why: `MTU is ${mtu}, not probed: ${gateway} answers no ping` };
  return { known: true, gateway, mtu, largest: largest < smallest ? undefined : largest };
}

function judge(path: Path): Report {
  if (!path.known) return set(path.why);
  const { gateway, mtu, largest } = path;
  if (largest === mtu) return set(`MTU ${mtu} passes to ${gateway}`);
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
