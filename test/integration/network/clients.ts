/** What guests do on their network, with the programs that small guests have. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { run } from '../../../src/process/run.ts';
import type { Guest } from './two-hosts.ts';

const script = `#!/bin/sh
[ "$1" = bound ] || exit 0
env > "$ANSWER"
ip address replace "$ip/$mask" dev "$interface"
ip link set "$interface" mtu "$mtu"
set -- $staticroutes
while [ $# -gt 1 ]; do
  ip route replace "$1" via "$2" dev "$interface"
  shift 2
done
`;

/** Gets an address with busybox's client, which sets it. @returns what it was told, by the client's names. */
export async function dhcp(t: ExecutionContext, guest: Guest): Promise<Map<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'blanket-guest-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const [file, answer] = [join(folder, 'script'), join(folder, 'answer')];
  writeFileSync(file, script);
  chmodSync(file, 0o755);
  const asked = ['-O', 'mtu', '-O', 'staticroutes'];
  const client = ['busybox', 'udhcpc', '-i', 'eth0', '-f', '-n', '-q', '-t', '10', '-T', '1', '-s', file];
  await run('ip', ['netns', 'exec', guest.space, ...client, ...asked], {
    env: { ...process.env, ANSWER: answer },
  });
  const lines = readFileSync(answer, 'utf8').trim().split('\n');
  return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

export const ping = (guest: Pick<Guest, 'inside'>, address: string): Promise<string> =>
  guest.inside('busybox', 'ping', '-c', '2', '-W', '5', address);

/** Whether one of several pings is answered. */
export const reaches = (guest: Pick<Guest, 'inside'>, address: string, count = '1'): Promise<boolean> =>
  guest.inside('busybox', 'ping', '-c', count, '-W', '3', address).then(
    () => true,
    () => false,
  );

/** Addresses of a name, as the network's own server has them. */
export async function resolve(guest: Guest, name: string, server: string): Promise<string[]> {
  const text = await guest.inside('busybox', 'nslookup', name, server);
  const answers = text.slice(text.indexOf('\n\n'));
  return [...answers.matchAll(/^Address(?: \d+)?:\s*(\S+)/gm)].flatMap(([, address]) => address ?? []).sort();
}

export async function neighbour(guest: Pick<Guest, 'inside'>, address: string): Promise<string | undefined> {
  const [found] = JSON.parse(await guest.inside('ip', '-j', 'neigh', 'show', address)) as {
    lladdr?: string;
  }[];
  return found?.lladdr;
}
