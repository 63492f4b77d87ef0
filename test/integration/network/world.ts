/**
 * The world outside of two hosts: a server that says to each who asks it whom it sees.
 *
 *   host a: up0 198.51.100.1 -- 198.51.100.2 :world: 203.0.113.2 -- up0 203.0.113.1 :host b
 *                                    server 192.0.2.80, and a cloud's metadata service
 */
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { inBackground } from '../filter/stage.ts';
import { type Guest, type Host, ip } from './two-hosts.ts';

export const server = '192.0.2.80';
export const server6 = '2001:db8:ff::80';
export const metadata = '169.254.7.7';
export const uplinks = {
  a: { inet: '198.51.100.1', inet6: '2001:db8:a::1' },
  b: { inet: '203.0.113.1', inet6: '2001:db8:b::1' },
} as const;

const program = join(import.meta.dirname, '..', 'filter', 'inside.py');
const wayTo = { a: ['198.51.100.2', '2001:db8:a::2'], b: ['203.0.113.2', '2001:db8:b::2'] } as const;

async function cable(space: string, place: 'a' | 'b', { space: host, inside }: Host): Promise<void> {
  const { inet, inet6 } = uplinks[place];
  const [router, router6] = wayTo[place];
  const device = `to-${place}`;
  const there = (...words: string[]) => ip('-n', space, ...words);
  await ip('link', 'add', 'up0', 'netns', host, 'type', 'veth', 'peer', 'name', device, 'netns', space);
  await there('link', 'set', device, 'up');
  await there('address', 'add', `${router}/24`, 'dev', device);
  await there('address', 'add', `${router6}/64`, 'dev', device, 'nodad');
  await inside('ip', 'link', 'set', 'up0', 'up');
  await inside('ip', 'address', 'add', `${inet}/24`, 'dev', 'up0');
  await inside('ip', 'address', 'add', `${inet6}/64`, 'dev', 'up0', 'nodad');
  await inside('ip', 'route', 'add', 'default', 'via', router);
  await inside('ip', 'route', 'add', 'default', 'via', router6);
  // who leaves without the host's address is heard all the same, and answered
  await there('route', 'add', '10.77.0.0/24', 'via', inet, 'metric', place === 'a' ? '1' : '2');
}

/** @returns what guests and hosts ask it with. */
export async function worldOf(t: ExecutionContext, tag: string, hosts: { a: Host; b: Host }) {
  const space = `bl-w-${tag}`;
  const ended = new AbortController();
  await ip('netns', 'add', space);
  t.teardown(() => {
    ended.abort();
    return ip('netns', 'delete', space);
  });
  for (const place of ['a', 'b'] as const) await cable(space, place, hosts[place]);
  await ip('-n', space, 'link', 'set', 'lo', 'up');
  for (const address of [`${server}/32`, `${metadata}/32`])
    await ip('-n', space, 'address', 'add', address, 'dev', 'lo');
  await ip('-n', space, 'address', 'add', `${server6}/128`, 'dev', 'lo', 'nodad');
  const background = (where: string, ...words: string[]) =>
    inBackground(['netns', 'exec', where, 'python3', program, ...words], ended.signal);
  await background(space, 'serve', '80');
  return {
    space,
    /** The address that is seen of whoever asks, or `none`. */
    ask: async ({ inside }: Pick<Guest, 'inside'>, address: string, port = 80) =>
      (await inside('python3', program, 'ask', address, String(port))).trim(),
    /** Counts what comes in that is so. */
    watch: async (...matches: string[]) => {
      const rules = matches.map((match) => `${match} counter name seen;`).join(' ');
      const chain = `chain c { type filter hook prerouting priority -400; ${rules} }`;
      await ip('netns', 'exec', space, 'nft', `table inet watch { counter seen {}; ${chain}; }`);
      return async (): Promise<number> => {
        const text = await ip('netns', 'exec', space, 'nft', 'list', 'counter', 'inet', 'watch', 'seen');
        return Number(/packets (\d+)/.exec(text)?.[1]);
      };
    },
    /** Many datagrams, each from a port of its own. */
    spray: ({ inside }: Pick<Guest, 'inside'>, address: string) =>
      inside('python3', program, 'spray', address, '81', '30000', '300'),
    /** Leaves something answering at a guest, or wherever. */
    serve: (where: string, ...ports: number[]) => background(where, 'serve', ...ports.map(String)),
    /** Opens a connection that stays. @returns asks on it; `none` when it has broken. */
    open: async ({ space: where }: Pick<Guest, 'space'>, address: string) => {
      const { lines, write } = await background(where, 'talk', address, '80');
      return (): Promise<string> => {
        write('?\n');
        return lines();
      };
    },
  };
}
