/**
 * What can happen to a way between two parties, done inside a host by the kernel's own means. Each undoes itself after
 * `seconds`, since a host whose way is cut cannot be told to open it.
 */

export const wayFaults = ['cut', 'delayed', 'half-open'] as const;
export type WayFault = (typeof wayFaults)[number];

/** A way as the host at its end sees it. */
export type Way = {
  /** A shell expression for the network card that it goes through. */
  card: string;
  /** nftables expressions that match a packet that comes in by it, and one that goes out. */
  incoming: string;
  outgoing: string;
};

/** Control reaches a host by ssh alone, through the card of its default route. */
export const wayToControl: Way = {
  card: "$(ip -4 route show default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | head -n 1)",
  incoming: 'tcp dport 22',
  outgoing: 'tcp sport 22',
};

/** WireGuard's port, on both hosts; all that passes between them passes through it. */
const tunnelPort = 51820;

/** @param address of the other host, outside of the tunnel */
export const wayToHost = (address: string): Way => ({
  card: `$(ip -4 route get ${address} | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p')`,
  incoming: `ip saddr ${address} udp dport ${tunnelPort}`,
  outgoing: `ip daddr ${address} udp dport ${tunnelPort}`,
});

const table = 'inet blanket_fault';
/** Above a keepalive's, below what a person would wait for. */
export const delayMs = 1_500;

const drop = (hook: 'input' | 'output', match: string): string =>
  `nft "add chain ${table} ${hook} { type filter hook ${hook} priority -300; }; add rule ${table} ${hook} ${match} drop"`;

const later = (undo: string, seconds: number): string =>
  `systemd-run --quiet --collect --on-active=${seconds} --timer-property=AccuracySec=100ms ${undo}`;

/** A script that makes the fault at once and returns; it ends by itself after `seconds`. */
export function breakWay(fault: WayFault, { card, incoming, outgoing }: Way, seconds: number): string {
  if (fault === 'delayed') {
    return [
      `card=${card}`,
      later('tc qdisc del dev "$card" root', seconds),
      `tc qdisc replace dev "$card" root netem delay ${delayMs}ms limit 20000`,
    ].join(' && ');
  }
  const rules = [drop('input', incoming), ...(fault === 'cut' ? [drop('output', outgoing)] : [])];
  return [later(`nft delete table ${table}`, seconds), `nft add table ${table}`, ...rules].join(' && ');
}
