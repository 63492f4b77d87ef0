/** `blanket token …`: who else may use control, over TLS. */
import { type Command, Option } from 'commander';
import { type Role, roles } from '../../wire/access.ts';
import type { Token } from '../../wire/routes/token.ts';
import type { Cli } from '../cli.ts';
import { examples, nameArgument } from '../command.ts';
import { parseWholeMs } from '../parse/quantity.ts';
import { data, list } from '../print/format.ts';

type CreateOptions = { role: Role; migrateOut: boolean; migrateIn: boolean; expires: number };

const stateText = ({ revokedAt, expiresAt }: Token): string => {
  if (revokedAt !== null) return 'revoked';
  return Date.parse(expiresAt) <= Date.now() ? 'expired' : 'good';
};

const rightsText = ({ role, migrateOut, migrateIn }: Token): string =>
  role === 'admin' ? 'out, in' : [...(migrateOut ? ['out'] : []), ...(migrateIn ? ['in'] : [])].join(', ');

const columns = [
  { title: 'NAME', value: ({ name }: Token) => name },
  { title: 'ROLE', value: ({ role }: Token) => role },
  { title: 'MIGRATE', value: rightsText },
  { title: 'STATE', value: stateText },
  { title: 'EXPIRES', value: ({ expiresAt }: Token) => expiresAt },
];

export function addTokenCommands(program: Command, cli: Cli): void {
  const token = program.command('token').description('who else may use control, over TLS (docs/security.md)');
  const create = token
    .command('create')
    .description('make a token and print it; it is shown this once')
    .addArgument(nameArgument('name', 'name of the token'))
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).makeOptionMandatory())
    .option('--migrate-out', 'it may take guests from hosts (an admin always may)', false)
    .option('--migrate-in', 'it may bring guests to hosts (an admin always may)', false)
    .addOption(
      new Option('--expires <time>', 'how long it is good').argParser(parseWholeMs).makeOptionMandatory(),
    )
    .action(async (name: string, { expires: validMs, ...grant }: CreateOptions) => {
      const made = await (await cli.client()).call('token.create', { body: { name, validMs, ...grant } });
      cli.print(cli.format === 'table' ? `${made.token}\n` : data(cli.format, made));
      cli.note(`Made token ${name}, good until ${made.expiresAt}. It is not shown again.`);
    });
  examples(
    create,
    'blanket token create ann --role operator --migrate-out --migrate-in --expires 30d',
    'blanket token create prometheus --role viewer --expires 365d',
  );
  token
    .command('list')
    .description('show tokens, without their secrets')
    .action(async () => cli.print(list(cli.format, await (await cli.client()).call('token.list'), columns)));
  token
    .command('revoke')
    .description('end a token for good; its name stays taken')
    .addArgument(nameArgument('name', 'name of the token'))
    .action(async (name: string) => {
      const revoked = await (await cli.client()).call('token.revoke', { params: { name } });
      cli.note(`Revoked token ${name}.`);
      if (cli.format !== 'table') cli.print(data(cli.format, revoked));
    });
}
