/**
 * Changing one element of a network while it runs.
 *
 * From its beginning until libvirt 7.2 the call passed `command` and `section` in each other's place, and clients that
 * keep to the protocol have to do so for such a daemon. A newer one says so by a feature (virNetworkUpdate in
 * src/libvirt-network.c).
 */
import type { CallOptions } from '../call.ts';
import { connectCalls } from '../procedures/connect.ts';
import { networkCalls } from '../procedures/network.ts';
import type { Session } from '../session.ts';
import type { NetworkHandle } from '../wire-structures.ts';

/** virNetworkUpdateCommand. */
const commands = { modify: 1, delete: 2, 'add-last': 3, 'add-first': 4 } as const;

/** virNetworkUpdateSection: the element that the change is of. */
const sections = {
  bridge: 1,
  domain: 2,
  ip: 3,
  'ip-dhcp-host': 4,
  'ip-dhcp-range': 5,
  forward: 6,
  'forward-interface': 7,
  'forward-pf': 8,
  portgroup: 9,
  'dns-host': 10,
  'dns-txt': 11,
  'dns-srv': 12,
} as const;

export type NetworkUpdate = {
  command: keyof typeof commands;
  section: keyof typeof sections;
  /** The element, as XML, e.g. `<host mac='…' ip='…'/>`. */
  xml: string;
  /** Which of several parents of its kind (`<ip>` elements), counted from 0; without it the one that fits. */
  parentIndex?: number | undefined;
  /** `affectFlags`: the running network, its definition, or both. Without: the running one if it runs. */
  flags?: number | undefined;
};

/** VIR_DRV_FEATURE_NETWORK_UPDATE_HAS_CORRECT_ORDER. */
const hasCorrectOrder = 16;

export async function updateNetwork(
  session: Session,
  net: NetworkHandle,
  { xml, parentIndex = -1, flags = 0, ...change }: NetworkUpdate,
  options?: CallOptions,
): Promise<void> {
  const [command, section] = [commands[change.command], sections[change.section]];
  const ordered = await session.call(
    connectCalls.connectSupportsFeature,
    { feature: hasCorrectOrder },
    options,
  );
  const what = ordered ? { command, section } : { command: section, section: command };
  await session.call(networkCalls.networkUpdate, { net, ...what, parentIndex, xml, flags }, options);
}
