/**
 * `blanket guest forward`: a local TCP port that leads to a guest, through a host's ssh.
 *
 * ssh runs its LocalCommand once the connection stands and its forwards listen, so what that command prints
 * is the sign that the port may be used: ssh_config(5), LocalCommand.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Command } from 'commander';
import { BlanketError } from '../../wire/errors.ts';
import type { Cli } from '../cli.ts';
import { examples, nameArgument } from '../command.ts';
import { whereIs } from '../guest-address.ts';
import { parseName, parsePorts } from '../parse/words.ts';
import { data } from '../print/format.ts';
import { runSsh, sshArguments } from '../ssh.ts';

type Ports = { local: number; remote: number };

export function addForward(guest: Command, cli: Cli): void {
  const forward = guest
    .command('forward')
    .description("lead a local TCP port to a guest's port until Ctrl-C")
    .addArgument(nameArgument('name', 'name of the guest'))
    .argument('<ports>', '[local:]port of the guest; without local, any free port', parsePorts)
    .option('--via <host>', "host to go through (default: the guest's)", parseName)
    .action((name: string, ports: Ports, options: { via?: string }) => run(cli, name, ports, options.via));
  examples(forward, 'blanket guest forward web1 8080:80', 'blanket guest forward web1 22 --via west-1');
}

async function run(cli: Cli, name: string, ports: Ports, via: string | undefined): Promise<void> {
  const client = await cli.client();
  const { address, host } = await whereIs(client, name);
  const access = await client.call('host.ssh', { params: { name: via ?? host } });
  const local = ports.local === 0 ? await freePort() : ports.local;
  const args = sshArguments(access, [
    '-N',
    ...['-o', 'ControlPath=none'], // a shared connection would keep the port after this command has ended
    ...['-o', 'ExitOnForwardFailure=yes'],
    ...['-o', 'ServerAliveInterval=15', '-o', 'ServerAliveCountMax=8'], // two minutes: a busy host may be silent for one
    ...['-o', 'PermitLocalCommand=yes', '-o', 'LocalCommand=echo listening'],
    ...['-L', `127.0.0.1:${local}:${address}:${ports.remote}`],
  ]);
  let ended = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      ended = true;
    });
  }
  const code = await runSsh(args, ['ignore', 'pipe', 'inherit'], (child) => {
    child.stdout?.once('data', () => {
      const shown = { guest: name, address: '127.0.0.1', port: local };
      cli.print(cli.format === 'table' ? `127.0.0.1:${local}\n` : data(cli.format, shown));
      cli.note(`Leads to ${address}:${ports.remote} of guest ${name}. Ctrl-C ends it.`);
    });
  });
  if (code !== 0 && !ended) throw sshFailed(name, code);
}

const sshFailed = (guest: string, code: number): BlanketError =>
  new BlanketError('guest.forward-failed', `The way to guest ${guest} ended: ssh exited with ${code}.`, {
    next: 'What ssh said stands above. Without a local port in the command, any free one is taken.',
    data: { guest, code },
  });

/** A port that was free a moment ago; ssh says so if it no longer is. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('A TCP server has no port.');
  return address.port;
}
