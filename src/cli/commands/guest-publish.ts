/** `blanket guest publish` and `unpublish`: ports of hosts behind which a guest's port stands, wherever the guest runs. */
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { examples, nameArgument } from '../command.ts';
import { parsePublish, parsePublished } from '../parse/publish.ts';
import { parseName } from '../parse/words.ts';
import { telling } from '../patience.ts';
import { printReach } from '../print/guest.ts';

export function addPublish(guest: Command, cli: Cli): void {
  const publish = guest
    .command('publish')
    .description("put a guest's port on hosts, from where it follows the guest")
    .addArgument(nameArgument('name', 'name of the guest'))
    .argument('<ports>', 'host-port:guest-port[/udp]', parsePublish)
    .option('--on <host...>', 'hosts to put it on (default: every host, those to come as well)', addNames)
    .action(async (name: string, port: ReturnType<typeof parsePublish>, { on }: { on?: string[] }) => {
      const client = await cli.client();
      const request = { params: { name }, body: { ...port, hosts: on ?? null } };
      printReach(cli, await client.call('guest.publish', request, telling));
    });
  examples(
    publish,
    'blanket guest publish web1 8080:80',
    'blanket guest publish web1 8080:80 --on east-1 west-1',
    'blanket guest publish dns1 5353:53/udp --on east-1',
  );
  const unpublish = guest
    .command('unpublish')
    .description('take a published port back from all its hosts')
    .addArgument(nameArgument('name', 'name of the guest'))
    .argument('<port>', 'host-port[/udp]', parsePublished)
    .action(async (name: string, port: ReturnType<typeof parsePublished>) => {
      const client = await cli.client();
      const request = { params: { name, ...port } };
      printReach(cli, await client.call('guest.unpublish', request, telling));
    });
  examples(unpublish, 'blanket guest unpublish web1 8080', 'blanket guest unpublish dns1 5353/udp');
}

/** Words and lists alike: `--on a b`, `--on a,b` and `--on a --on b` are the same. */
const addNames = (text: string, earlier: readonly string[] = []): string[] => [
  ...earlier,
  ...text.split(',').map(parseName),
];
