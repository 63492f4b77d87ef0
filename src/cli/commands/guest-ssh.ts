/** `blanket guest ssh` */
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { examples, nameArgument } from '../command.ts';
import { needKeysHere } from '../contexts/here.ts';
import { whereIs } from '../guest-address.ts';
import { guestKeyFile, guestSshArguments, type Login } from '../guest-ssh.ts';
import { parseName, parsePort } from '../parse/words.ts';
import { runSsh } from '../ssh.ts';

type Options = Login & { via?: string };

/** What ssh ends with when it is the one that failed: ssh(1), EXIT STATUS. */
const SSH_FAILED = 255;

export function addGuestSsh(guest: Command, cli: Cli): void {
  const ssh = guest
    .command('ssh')
    .description('log in to a guest, or run a command there and exit with its code')
    .addArgument(nameArgument('name', 'name of the guest'))
    .argument('[words...]', "after --: ssh's options and the command, as ssh takes them behind a host")
    .option('-l, --user <user>', "user to log in as (default: ssh's)")
    .option('-i, --identity <file>', "private key to log in with (default: ssh's)")
    .option('-p, --port <port>', 'port on which the guest takes ssh', parsePort, 22)
    .option('--via <host>', "host to go through (default: the guest's)", parseName)
    .action((name: string, words: string[], options: Options) => run(cli, name, words, options));
  examples(
    ssh,
    'blanket guest ssh web1 -l debian',
    'blanket guest ssh web1 -l debian -- uptime',
    'blanket guest ssh web1 -l debian -- -N -L 8080:localhost:80',
  );
}

async function run(cli: Cli, name: string, words: readonly string[], options: Options): Promise<void> {
  needKeysHere(cli);
  const client = await cli.client();
  const place = await whereIs(client, name);
  const via = options.via ?? place.host;
  const access = await client.call('host.ssh', { params: { name: via } });
  const keyFile = await guestKeyFile(cli, place.uuid);
  cli.exitCode = await runSsh([...guestSshArguments(access, place, options, keyFile), ...words], 'inherit');
  if (cli.exitCode === SSH_FAILED) cli.note(hint(name, via));
}

/** A command there may have ended with it as well, so it is no error of ours. */
const hint = (name: string, via: string): string =>
  `If it was ssh that failed: \`blanket console ${name}\` shows the guest, \`blanket host show ${via}\` the way to it, and
\`blanket guest ssh ${name} --via HOST\` takes another.`;
