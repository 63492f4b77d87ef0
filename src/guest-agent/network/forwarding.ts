/**
 * Where frames to a card go, as entries in two tables of the kernel: the bridge's (MAC to port) and the VXLAN device's
 * (MAC to host). Control pushes them. They do not age, and yet are not fixed: a guest's own frame from elsewhere
 * moves them, which is the second means when control is away (`extern_learn` in bridge(8); `dynamic` is what lets
 * VXLAN move one).
 *
 *   card elsewhere   bridge: MAC -> vx…   VXLAN: MAC -> host
 *   card here        neither; the bridge learns its tap
 *   everyone         VXLAN: 00:00:00:00:00:00 -> each host, where copies of broadcasts go
 *   gateway          bridge: MAC -> bp…, `sticky`: other hosts have the same MAC, and `static` alone would let it move
 */
import { z } from 'zod';
import { CommandError, run } from '../../process/run.ts';
import type { Card, NetworkConfig } from '../../wire/methods/network.ts';
import { batch } from '../links.ts';
import { listed } from '../listing.ts';
import { bridgeOf, gatewayPortOf, vxlanOf } from './names.ts';

/** `bridge -j fdb`: of the bridge's own table it names the bridge (`master`), of VXLAN's the host (`dst`). */
export const fdbSchema = z.object({
  mac: z.string(),
  ifname: z.string(),
  master: z.string().optional(),
  dst: z.string().optional(),
  flags: z.array(z.string()).optional(),
  state: z.string().optional(),
});
export type FdbEntry = z.infer<typeof fdbSchema>;

const everyone = '00:00:00:00:00:00';

export const readFdb = (network: string): Promise<FdbEntry[]> =>
  listed('bridge', ['-j', 'fdb', 'show', 'br', bridgeOf(network)], fdbSchema);

type Moved = Pick<Card, 'mac' | 'at'>;

const goesTo = (vxlan: string, { mac, at }: Moved): string =>
  `fdb replace ${mac} dev ${vxlan} dst ${at} self master dynamic extern_learn`;

/** What both tables say of cards through one VXLAN device, by MAC. */
function indexed(vxlan: string, fdb: readonly FdbEntry[]) {
  const ours = fdb.filter(({ ifname, mac }) => ifname === vxlan && mac !== everyone);
  return {
    hosts: new Map(ours.filter(({ dst }) => dst !== undefined).map((entry) => [entry.mac, entry])),
    ports: new Set(ours.filter(({ master }) => master !== undefined).map(({ mac }) => mac)),
  };
}

const isPushed = (entry: FdbEntry | undefined): boolean => entry?.flags?.includes('extern_learn') === true;

/** Commands of `bridge` for these cards: none where both tables are right already. */
export function cardCommands(
  { name, tunnelAddress }: NetworkConfig,
  cards: readonly Moved[],
  fdb: readonly FdbEntry[],
): string[] {
  const vxlan = vxlanOf(name);
  const { hosts, ports } = indexed(vxlan, fdb);
  return cards.flatMap(({ mac, at }) => {
    const host = hosts.get(mac);
    if (at !== tunnelAddress) {
      const isRight = host?.dst === at && isPushed(host) && ports.has(mac);
      return isRight ? [] : [goesTo(vxlan, { mac, at })];
    }
    return [
      ...(host === undefined ? [] : [`fdb delete ${mac} dev ${vxlan} self`]),
      ...(ports.has(mac) ? [`fdb delete ${mac} dev ${vxlan} master`] : []),
    ];
  });
}

/** Entries that were pushed for cards that are no longer on the network. */
function leftOver({ name, cards }: NetworkConfig, fdb: readonly FdbEntry[]): string[] {
  const vxlan = vxlanOf(name);
  const known = new Set(cards.map(({ mac }) => mac));
  const { hosts, ports } = indexed(vxlan, fdb);
  return [...hosts.values()]
    .filter((entry) => isPushed(entry) && !known.has(entry.mac))
    .flatMap(({ mac }) => [
      `fdb delete ${mac} dev ${vxlan} self`,
      ...(ports.has(mac) ? [`fdb delete ${mac} dev ${vxlan} master`] : []),
    ]);
}

function peerCommands({ name, peers }: NetworkConfig, fdb: readonly FdbEntry[]): string[] {
  const vxlan = vxlanOf(name);
  const now = fdb.flatMap(({ ifname, mac, dst }) =>
    ifname === vxlan && mac === everyone && dst !== undefined ? [dst] : [],
  );
  const change = (verb: string) => (peer: string) => `fdb ${verb} ${everyone} dev ${vxlan} dst ${peer} self`;
  return [
    ...now.filter((one) => !peers.includes(one)).map(change('delete')),
    ...peers.filter((one) => !now.includes(one)).map(change('append')),
  ];
}

/** All that makes the tables those of the config. */
export const fdbCommands = (config: NetworkConfig, fdb: readonly FdbEntry[]): string[] => [
  `fdb replace ${config.gateway.mac} dev ${gatewayPortOf(config.name)} master static sticky`,
  ...peerCommands(config, fdb),
  ...leftOver(config, fdb),
  ...cardCommands(config, config.cards, fdb),
];

/** What is taken away may be gone already: a guest's frame moves an entry between being read and being deleted. */
async function takeAway(deletions: readonly string[]): Promise<void> {
  if (deletions.length === 0) return;
  try {
    await run('bridge', ['-force', '-batch', '-'], { input: `${deletions.join('\n')}\n` });
  } catch (error) {
    const lines = error instanceof CommandError ? error.stderr.trim().split('\n') : [];
    const isGone = /^RTNETLINK answers: No such file or directory$|^Command failed -:\d+$/;
    if (lines.length === 0 || !lines.every((line) => isGone.test(line))) throw error;
  }
}

async function carryOut(commands: readonly string[]): Promise<void> {
  const isDeletion = (command: string) => command.startsWith('fdb delete ');
  await takeAway(commands.filter(isDeletion));
  await batch(
    'bridge',
    commands.filter((command) => !isDeletion(command)),
  );
}

/** @throws CommandError of `bridge`. */
export const setForwarding = async (config: NetworkConfig): Promise<void> =>
  carryOut(fdbCommands(config, await readFdb(config.name)));

/** Moves single cards at once. The tables are read only where a card arrives: it may have no entry to take away. */
export async function moveCards(config: NetworkConfig, moves: readonly Moved[]): Promise<void> {
  const vxlan = vxlanOf(config.name);
  const away = moves.filter(({ at }) => at !== config.tunnelAddress);
  await carryOut(away.map((move) => goesTo(vxlan, move)));
  const arrived = moves.filter(({ at }) => at === config.tunnelAddress);
  if (arrived.length === 0) return;
  await carryOut(cardCommands(config, arrived, await readFdb(config.name)));
}
