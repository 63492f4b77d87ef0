/** `blanket guest firewall`: says, and shows, what may reach a guest. */
import { type Command, Option } from 'commander';
import type { AllowRule } from '../../wire/network.ts';
import type { Cli } from '../cli.ts';
import { examples, nameArgument } from '../command.ts';
import { parseAllow } from '../parse/allow.ts';
import { telling } from '../patience.ts';
import { printReach } from '../print/guest.ts';

type Options = { allow?: AllowRule[]; allowAll?: true; denyAll?: true };

export function addFirewall(guest: Command, cli: Cli): void {
  const firewall = guest
    .command('firewall')
    .description('say what may reach a guest, in the place of all said before; without options, show it')
    .addArgument(nameArgument('name', 'name of the guest'))
    .option('--allow <rules>', 'let in nothing but this; may be repeated', parseAllow)
    .addOption(new Option('--allow-all', 'let in everything').conflicts(['allow', 'denyAll']))
    .addOption(new Option('--deny-all', 'let in nothing').conflicts(['allow']))
    .addHelpText('after', rulesHelp)
    .action((name: string, options: Options) => run(cli, name, options));
  examples(
    firewall,
    'blanket guest firewall web1',
    'blanket guest firewall web1 --allow tcp/22,tcp/8000-8010,icmp',
    "blanket guest firewall web1 --allow tcp/80 --allow 'tcp/22,icmp from 10.0.0.0/8,fd00::/8'",
    'blanket guest firewall web1 --deny-all',
  );
}

const rulesHelp = `
Rules: RULE[,RULE…] [from SOURCE[,SOURCE…]]
  RULE    tcp/22, tcp/8000-8010, udp/53, tcp, udp, icmp or all
  SOURCE  an address, or a network like 10.0.0.0/8 or fd00::/8; without it, any`;

async function run(cli: Cli, name: string, options: Options): Promise<void> {
  const client = await cli.client();
  const allow = wanted(options);
  const params = { name };
  if (allow === undefined) return printReach(cli, await client.call('guest.show', { params }));
  const request = { params, body: { allow } };
  printReach(cli, await client.call('guest.firewall', request, telling));
}

function wanted({ allow, allowAll, denyAll }: Options): AllowRule[] | null | undefined {
  if (allowAll) return null;
  return denyAll ? [] : allow;
}
