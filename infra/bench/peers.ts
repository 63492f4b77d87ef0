/**
 * What `virsh migrate --p2p` asks for and Blanket does not: each host's libvirt logs in to the other by SSH, as
 * root. The keys are made for one bench and removed after it.
 */
import { z } from 'zod';
import type { Seat } from '../demo/blanket.ts';
import { inHost } from './in-host.ts';

export type Peer = { host: string; tunnelAddress: string };

const key = '/root/.ssh/blanket-bench';
/** Marks the lines that are ours in files that may hold others'. */
const mark = 'blanket-bench';

export const peerUri = (peer: Peer): string => `qemu+ssh://root@${peer.tunnelAddress}/system?keyfile=${key}`;

const hostSchema = z.object({ tunnelAddress: z.ipv4() });

export async function findPeer({ blanket }: Seat, host: string): Promise<Peer> {
  const text = await blanket(['host', 'show', host, '-o', 'json'], { quiet: true });
  return { host, ...hostSchema.parse(JSON.parse(text)) };
}

const keysSchema = z.tuple([z.string().startsWith('ssh-'), z.string().startsWith('ssh-')]);

/** The public keys of root there and of the host itself. */
const makeKey = async (seat: Seat, { host }: Peer) =>
  keysSchema.parse(
    (
      await inHost(
        seat,
        host,
        `mkdir -p -m 0700 /root/.ssh
         rm -f ${key}
         ssh-keygen -q -t ed25519 -N '' -C ${mark} -f ${key}
         cat ${key}.pub /etc/ssh/ssh_host_ed25519_key.pub`,
      )
    )
      .trim()
      .split('\n'),
  );

/** Lets each of the two log in to the other, host keys pinned. */
export async function introduce(seat: Seat, peers: readonly [Peer, Peer]): Promise<void> {
  const [a, b] = peers;
  const [[rootOfA, hostA], [rootOfB, hostB]] = [await makeKey(seat, a), await makeKey(seat, b)];
  const trust = (peer: Peer, other: Peer, rootKey: string, hostKey: string) => {
    const [type, material] = hostKey.split(' ');
    return inHost(
      seat,
      peer.host,
      `echo '${rootKey}' >>/root/.ssh/authorized_keys
       echo '${other.tunnelAddress} ${type} ${material} ${mark}' >>/root/.ssh/known_hosts
       virsh -c '${peerUri(other)}' uri`,
    );
  };
  await Promise.all([
    inHost(seat, a.host, `echo '${rootOfB}' >>/root/.ssh/authorized_keys`),
    inHost(seat, b.host, `echo '${rootOfA}' >>/root/.ssh/authorized_keys`),
  ]);
  await trust(a, b, rootOfB, hostB);
  await trust(b, a, rootOfA, hostA);
}

/** Takes the keys away again. */
export async function part(seat: Seat, peers: readonly Peer[]): Promise<void> {
  const script = `rm -f ${key} ${key}.pub
    for file in /root/.ssh/authorized_keys /root/.ssh/known_hosts; do
      test -f $file && sed -i '/${mark}$/d' $file || true
    done`;
  await Promise.all(peers.map(({ host }) => inHost(seat, host, script)));
}
