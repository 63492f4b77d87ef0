/**
 * Sets up a host's guest networks, remembers them, compares them with what is there and takes them away.
 *
 *   apply:  filter (of all networks) -> kept -> devices -> way out -> ports up -> forwarding entries -> DHCP and DNS
 *
 * No guest is ever on a bridge that is not guarded. The filter is that of the kept networks, so a network is guarded and kept
 * before it has a device, and whatever fails or falls after that leaves it in the filter. A reading is taken when a network
 * was set; `repair` takes another, and what differs is set again and named.
 */
import { mkdir } from 'node:fs/promises';
import type { NetworkConfig } from '../../wire/methods/network.ts';
import { unforwarded } from '../filter/routes.ts';
import { allLinks, batch, type Link, linkNamed, portsOf, removeLink } from '../links.ts';
import { logError } from '../log.ts';
import type { Paths } from '../paths.ts';
import { serially } from '../serially.ts';
import { removeState, writeState } from '../state-file.ts';
import { letRelay } from '../tunnel.ts';
import { deviceCommands, portCommands, strayCards } from './devices.ts';
import { removeEgress, setEgress } from './egress.ts';
import { moveCards, setForwarding } from './forwarding.ts';
import { isSameFrame, readCards, withoutCards } from './frame.ts';
import type { GuestNetworks, Moves, Parts } from './guest-networks.ts';
import { keptNetwork, keptNetworks, requireNetwork, toGuard } from './kept.ts';
import { readNameServer, removeNameServer, serveNames, serverPart } from './name-server.ts';
import { bridgeOf, gatewayOf, gatewayPortOf, vxlanOf } from './names.ts';
import { requireApart } from './overlap.ts';
import { findTaken, portsTaken } from './ports.ts';
import { differences, readKernel } from './reading.ts';
import { inUse, unknownCard } from './refusals.ts';
import { deviceSettings, forwardingBefore, letForward, setSettings, stopForwarding } from './sysctls.ts';

type State = { paths: Paths; parts: Parts; readings: Map<string, Map<string, string>>; isGuarded: boolean };

async function read(
  { paths, parts }: State,
  config: NetworkConfig,
  links: readonly Link[],
): Promise<Map<string, string>> {
  const kernel = await readKernel(config, links);
  return new Map([...kernel, ...(await readNameServer(paths, config, parts.services))]);
}

async function guard(state: State, all: readonly NetworkConfig[]): Promise<void> {
  await state.parts.filter.apply(all, unforwarded(await forwardingBefore(state.paths.forwarding)));
  state.isGuarded = true;
}

async function guardTunnel(state: State): Promise<void> {
  const all = state.isGuarded ? undefined : await toGuard(state.paths);
  if (all !== undefined) await guard(state, all);
}

/**
 * Guards, keeps and makes one network. What fails after it is kept is made good by `repair`.
 * @param all every network that is to be guarded, this one included.
 */
async function setUp(state: State, config: NetworkConfig, all: readonly NetworkConfig[]): Promise<void> {
  const { paths, parts } = state;
  await requireApart(config);
  const wasSet = state.readings.delete(config.name); // half of it is not to pass for the whole
  await guard(state, all);
  await writeState(paths.network(config.name, 'json'), config);
  await parts.loadModules();
  await batch('ip', deviceCommands(config, await allLinks()));
  await setSettings(deviceSettings(config.name));
  await letForward(paths.forwarding);
  await setEgress(config);
  await batch('ip', portCommands(config, await allLinks()));
  await setForwarding(config);
  await serveNames(paths, config, parts.services, wasSet);
  const reading = await read(state, config, await allLinks());
  // One that fell in the meantime is to be missed, not to be taken for what was wanted.
  state.readings.set(config.name, reading.set(serverPart, ''));
}

/**
 * Changes cards alone: all that a migration changes of a network. Devices, routes and settings stay as they were read last, so
 * that `repair` finds what was changed of them by hand. On an emulated host every program that is not run is half a second.
 */
async function setCards(state: State, config: NetworkConfig, all: readonly NetworkConfig[]): Promise<void> {
  const { paths, parts, readings } = state;
  const before = readings.get(config.name) ?? new Map<string, string>();
  readings.delete(config.name);
  await guard(state, all);
  await writeState(paths.network(config.name, 'json'), config);
  await setForwarding(config);
  await serveNames(paths, config, parts.services, true);
  const cards = await readCards(paths, config, parts.services);
  readings.set(config.name, new Map([...withoutCards(before), ...cards]).set(serverPart, ''));
}

/** @param before as it is kept. A device that is gone since makes it a whole setting again. */
async function setLeast(
  state: State,
  before: NetworkConfig | undefined,
  config: NetworkConfig,
  all: readonly NetworkConfig[],
): Promise<void> {
  const isSet = state.isGuarded && state.readings.has(config.name);
  if (before === undefined || !isSet || !isSameFrame(before, config)) return setUp(state, config, all);
  try {
    await setCards(state, config, all);
  } catch (error) {
    logError('network.cards-failed', error, { network: config.name });
    await setUp(state, config, all);
  }
}

/** A port that somebody else has is told of, and keeps nobody from the rest: it is neither set nor kept, so it is asked for again. */
async function apply(state: State, wanted: NetworkConfig): Promise<void> {
  const { paths } = state;
  await mkdir(paths.networks, { recursive: true });
  const kept = await keptNetworks(paths);
  const taken = await findTaken(wanted, kept);
  const publishes = wanted.publishes.filter((one) => !taken.some(({ publish }) => publish === one));
  const config = { ...wanted, publishes };
  const others = kept.filter(({ name }) => name !== config.name);
  const before = kept.find(({ name }) => name === config.name);
  await setLeast(state, before, config, [...others, config]);
  if (taken.length > 0) throw portsTaken(taken);
}

const knownMoves = (config: NetworkConfig, moves: Moves['moves']): Moves['moves'] =>
  moves.filter(({ mac }) => config.cards.some((card) => card.mac === mac));

/**
 * Guests are out of reach while this waits, so it does not wait for its turn. Whoever has the turn may set what was before
 * once more: it is done again after, and then decides.
 */
async function forwardEarly({ paths }: State, { name, moves }: Moves): Promise<void> {
  try {
    const config = await requireNetwork(paths, name);
    await moveCards(config, knownMoves(config, moves));
  } catch (error) {
    logError('network.forward-early', error, { network: name });
  }
}

async function forward({ paths, readings }: State, { name, moves }: Moves): Promise<void> {
  const config = await requireNetwork(paths, name);
  const known = knownMoves(config, moves);
  await moveCards(config, known);
  const places = new Map(known.map(({ mac, at }) => [mac, at]));
  const cards = config.cards.map((card) => ({ ...card, at: places.get(card.mac) ?? card.at }));
  await writeState(paths.network(name, 'json'), { ...config, cards });
  for (const { mac, at } of known) {
    const part = `forwarding entry of ${mac}`;
    if (at === config.tunnelAddress) readings.get(name)?.delete(part);
    else readings.get(name)?.set(part, '');
  }
  for (const { mac } of moves.filter((move) => !known.includes(move))) throw unknownCard(name, mac);
}

async function remove(state: State, name: string): Promise<void> {
  const { paths, parts, readings } = state;
  const bridge = bridgeOf(name);
  if ((await linkNamed(bridge)) !== undefined) {
    const own = [vxlanOf(name), gatewayPortOf(name)];
    const guests = (await portsOf(bridge)).filter((port) => !own.includes(port));
    if (guests.length > 0) throw inUse(name, guests.length);
  }
  await removeNameServer(paths, name, parts.services);
  const kept = await keptNetwork(paths, name).catch(() => undefined); // of another version; its rules tell its tables
  await removeEgress(name, kept?.vni);
  for (const device of [vxlanOf(name), gatewayOf(name), bridge]) await removeLink(device);
  await removeState(paths.network(name, 'json'));
  readings.delete(name);
  const left = await toGuard(state.paths);
  if (left === undefined) return;
  if (left.length > 0) return await guard(state, left);
  await stopForwarding(paths.forwarding);
  await parts.filter.apply([], []);
  await letRelay(); // with the host's setting each device's goes
}

async function differing(state: State, config: NetworkConfig): Promise<string[]> {
  const before = state.readings.get(config.name);
  if (before === undefined) return [`bridge ${config.name}: it was not set up`];
  const links = await allLinks();
  return [
    ...differences(config.name, before, await read(state, config, links)),
    ...strayCards(config, links).map(
      ({ name }) => `bridge ${config.name}: the card of ${name} was off its bridge`,
    ),
  ];
}

/** The filter first: what is missing elsewhere stops traffic, what is missing there lets it through. */
async function repair(state: State): Promise<string[]> {
  const { paths, parts } = state;
  const all = await toGuard(state.paths);
  if (all === undefined) return [];
  const repaired = await parts.filter.differs();
  if (repaired.length > 0) await guard(state, all);
  if (all.length === 0) return repaired;
  try {
    repaired.push(...(await letForward(paths.forwarding)));
  } catch (error) {
    logError('network.repair-failed', error);
  }
  for (const config of all) {
    try {
      await requireApart(config);
      const found = await differing(state, config);
      if (found.length > 0) await setUp(state, config, all);
      repaired.push(...found);
    } catch (error) {
      logError('network.repair-failed', error, { network: config.name });
    }
  }
  return repaired;
}

/** All are guarded before one is made. Without networks nothing is: those of another version's agent may have guests. */
async function restore(state: State): Promise<void> {
  const all = await keptNetworks(state.paths);
  if (all.length === 0) return;
  await guard(state, all).catch((error: unknown) => logError('network.unguarded', error));
  for (const config of all) {
    await setUp(state, config, all).catch((error: unknown) =>
      logError('network.restore-failed', error, { network: config.name }),
    );
  }
}

/** One change at a time: they share the filter. */
export function guestNetworks(paths: Paths, parts: Parts): GuestNetworks {
  const state: State = { paths, parts, readings: new Map(), isGuarded: false };
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => serially(`networks of ${paths.state}`, work);
  return {
    apply: (config) => inTurn(() => apply(state, config)),
    forward: async (moves) => {
      await forwardEarly(state, moves);
      await inTurn(() => forward(state, moves));
    },
    remove: (name) => inTurn(() => remove(state, name)),
    guardTunnel: () => inTurn(() => guardTunnel(state)),
    restore: () => inTurn(() => restore(state)),
    repair: () => inTurn(async () => ({ repaired: await repair(state) })),
  };
}
