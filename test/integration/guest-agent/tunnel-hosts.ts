/**
 * Hosts in namespaces of their own on one switch, with WireGuard in user space (wireguard-go), so that tunnels are
 * real also where the kernel has none. Everything is gone with the processes that hold the namespaces.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { run, start } from '../../../src/process/run.ts';
import { BlanketError } from '../../../src/wire/errors.ts';

const program = join(import.meta.dirname, 'tunnel-call.ts');

export type TunnelHost = {
  address: string;
  /** Where its agent keeps things. */
  state: string;
  /** Runs a program there. @throws CommandError */
  exec(command: string, ...args: string[]): Promise<string>;
  /** Calls the agent's method there. */
  call(method: string, params?: unknown): Promise<unknown>;
  /** Sends five pings a second until told to end, and then says how many there were and were answered. */
  flood(to: string): () => Promise<{ sent: number; received: number }>;
  /** Follows others' keys, as an agent does all the time, until the test ends. */
  follow(): void;
};

function endWith(t: ExecutionContext, child: ChildProcess): void {
  t.teardown(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null)
      await new Promise((ended) => child.once('exit', ended));
  });
}

/** A process in new namespaces; it ends with the test. */
function hold(t: ExecutionContext, namespaces: string[], script: string): number {
  const child = start('unshare', [...namespaces, '--', 'sh', '-euc', script], { stdio: 'ignore' });
  endWith(t, child);
  if (child.pid === undefined) throw new Error('unshare did not start');
  return child.pid;
}

async function eventually<T>(what: () => Promise<T>, forMs = 20_000): Promise<T> {
  for (const until = Date.now() + forMs; ; await sleep(200)) {
    try {
      return await what();
    } catch (error) {
      if (Date.now() > until) throw error;
    }
  }
}

/** Until then what is done in its namespaces is done to this machine. */
const hasOwnNet = (pid: number): Promise<void> =>
  eventually(async () => {
    const [its, ours] = await Promise.all([pid, 'self'].map((one) => readlink(`/proc/${one}/ns/net`)));
    if (its === ours) throw new Error(`${pid} has no namespaces of its own yet`);
  });

const hostScript =
  'mount -t tmpfs none /run; mkdir -p /run/wireguard; ip link set lo up; echo 0 >/proc/sys/net/ipv4/ip_forward; ' +
  'WG_PROCESS_FOREGROUND=1 exec wireguard-go blanket0';

/** ping(8) prints its counts when it is interrupted. */
function flood(t: ExecutionContext, pid: number, to: string) {
  const words = ['-t', String(pid), '-n', '-m', '--', 'ping', '-n', '-q', '-i', '0.2', '-W', '2', to];
  const child = start('nsenter', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  endWith(t, child);
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const closed = once(child, 'close');
  return async () => {
    child.kill('SIGINT');
    await closed;
    const counts = /(\d+) packets transmitted, (\d+) received/.exec(said);
    if (counts === null) throw new Error(`ping said: ${said}`);
    return { sent: Number(counts[1]), received: Number(counts[2]) };
  };
}

export async function tunnelHosts(t: ExecutionContext, count: number): Promise<TunnelHost[]> {
  const folder = await mkdtemp(join(tmpdir(), 'blanket-tunnels-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const middle = hold(t, ['--net'], 'exec sleep 600');
  const inMiddle = (...args: string[]) => run('nsenter', ['-t', String(middle), '-n', '--', 'ip', ...args]);
  await hasOwnNet(middle);
  await inMiddle('link', 'add', 'switch', 'type', 'bridge');
  await inMiddle('link', 'set', 'switch', 'up');
  const hosts: TunnelHost[] = [];
  for (let number = 1; number <= count; number++) {
    const pid = hold(t, ['--net', '--mount'], hostScript);
    const address = `10.99.0.${number}`;
    const exec = async (command: string, ...args: string[]) =>
      (await run('nsenter', ['-t', String(pid), '-n', '-m', '--', command, ...args], { timeoutMs: 60_000 }))
        .stdout;
    await hasOwnNet(pid);
    await eventually(() => exec('wg', 'show', 'blanket0', 'listen-port'));
    await inMiddle(
      'link',
      'add',
      `port${number}`,
      'type',
      'veth',
      'peer',
      'name',
      'uplink',
      'netns',
      String(pid),
    );
    await inMiddle('link', 'set', `port${number}`, 'master', 'switch', 'up');
    await exec('ip', 'address', 'add', `${address}/24`, 'dev', 'uplink');
    await exec('ip', 'link', 'set', 'uplink', 'up');
    const state = join(folder, String(number));
    const call = async (method: string, params: unknown = {}) => {
      const text = await exec(process.execPath, program, state, method, JSON.stringify(params)).catch(
        (cause) => {
          throw new BlanketError('agent.failed', `${method} failed: ${cause}`, { cause });
        },
      );
      return JSON.parse(text) as unknown;
    };
    const follow = () => {
      const words = ['-t', String(pid), '-n', '-m', '--', process.execPath, program, state, 'follow'];
      endWith(t, start('nsenter', words, { stdio: ['ignore', 'ignore', 'inherit'] }));
    };
    hosts.push({ address, state, exec, call, follow, flood: (to) => flood(t, pid, to) });
  }
  return hosts;
}

const table = 'table inet cut';

/** Drops what two hosts' tunnels send each other, as a closed port would; `heal` takes it back. */
export async function cut(host: TunnelHost, other: TunnelHost): Promise<void> {
  const rule = `ip saddr ${other.address} udp dport 51820 drop`;
  const chain = 'chain in { type filter hook input priority 0; policy accept;';
  await host.exec('nft', `${table} { ${chain} ${rule}; }; }`);
}
export const heal = (host: TunnelHost) => host.exec('nft', `delete ${table}`);

/** Whether a packet of this size, uncut, comes back through the tunnel. */
export const pings = (host: TunnelHost, to: string, bytes = 100): Promise<boolean> =>
  host
    .exec('ping', '-n', '-q', '-c', '3', '-i', '0.2', '-W', '2', '-M', 'do', '-s', String(bytes - 28), to)
    .then(
      () => true,
      () => false,
    );

export { eventually };
