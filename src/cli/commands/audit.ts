/** `blanket audit …`: who asked what of control, and whether that is all. */
import { type Command, Option } from 'commander';
import type { AuditEntry, AuditHead } from '../../wire/audit.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { AuditVerification } from '../../wire/routes/audit.ts';
import type { Cli } from '../cli.ts';
import { examples, given } from '../command.ts';
import { anchorText, parseAnchor } from '../parse/anchor.ts';
import { parseSince } from '../parse/since.ts';
import { parseCount } from '../parse/words.ts';
import { data, list, one } from '../print/format.ts';
import { table } from '../print/table.ts';

const whoText = ({ who }: AuditEntry): string => {
  switch (who.kind) {
    case 'local':
      return who.user;
    case 'token':
      return `token ${who.name}`;
    case 'control':
      return 'control';
  }
};

const subjectText = ({ params, body }: AuditEntry): string =>
  [
    ...Object.values(params),
    ...('name' in body ? [body.name] : []),
    ...('to' in body ? [`to ${body.to}`] : []),
  ]
    .map(String)
    .join(' ');

const columns = [
  { title: 'TIME', value: ({ at }: AuditEntry) => at },
  { title: 'WHO', value: whoText },
  { title: 'FROM', value: ({ from }: AuditEntry) => from },
  { title: 'WHAT', value: ({ what }: AuditEntry) => what },
  { title: 'ON', value: subjectText },
  {
    title: 'OUTCOME',
    value: ({ outcome, code }: AuditEntry) => (code === null ? outcome : `${outcome}: ${code}`),
  },
  { title: 'OPERATION', value: ({ operation }: AuditEntry) => operation ?? '' },
];

type ListOptions = { since?: string; limit: number };

export function addAuditCommands(program: Command, cli: Cli): void {
  const audit = program
    .command('audit')
    .description('who asked what of control, from where, and what came of it');
  const shown = audit
    .command('list')
    .description('show changes that were asked for, newest first')
    .addOption(
      new Option('--since <time>', 'only from then on, like 2d or 2026-01-02').argParser((text) =>
        parseSince(text),
      ),
    )
    .addOption(new Option('--limit <count>', 'at most so many').argParser(parseCount).default(100))
    .action(async (options: ListOptions) => {
      const entries = await (await cli.client()).call('audit.list', { query: given({ ...options }) });
      cli.print(list(cli.format, entries, columns));
    });
  examples(shown, 'blanket audit list --since 1d', 'blanket audit list --limit 1000 -o json');
  const check = audit
    .command('verify')
    .description(
      'find lines of the audit log that were changed, removed or moved, and an end that was cut off',
    )
    .addOption(
      new Option(
        '--anchor <end>',
        'what an earlier verify printed as the end: it must still be there',
      ).argParser(parseAnchor),
    )
    .action((options: { anchor?: AuditHead }) => verify(cli, options.anchor));
  examples(check, 'blanket audit verify', 'blanket audit verify --anchor 120:sha256:4f…');
}

async function verify(cli: Cli, anchor: AuditHead | undefined): Promise<void> {
  const query = anchor === undefined ? {} : { anchorSeq: anchor.seq, anchorDigest: anchor.digest };
  const found = await (await cli.client()).call('audit.verify', { query }, { timeoutMs: 600_000 });
  cli.print(cli.format === 'table' ? verificationText(found) : data(cli.format, found));
  if (found.ok) return;
  throw new BlanketError('audit.broken', 'The audit log is not what was written.', {
    next: 'Keep a copy of the `audit` folder of the state directory; docs/security.md says what each finding means.',
    data: { findings: found.findings.map(({ code }) => code) },
  });
}

const findingColumns = [
  { title: 'FOUND', value: ({ code }: AuditVerification['findings'][number]) => code },
  {
    title: 'LINE',
    value: ({ line }: AuditVerification['findings'][number]) => (line === null ? '' : String(line)),
  },
  { title: 'WHAT', value: ({ message }: AuditVerification['findings'][number]) => message },
];

const verificationText = ({ ok, lines, head, findings }: AuditVerification): string =>
  `${ok ? '' : `${table(findingColumns, findings)}\n`}${one('table', null, [
    ['lines', String(lines)],
    ['unchanged', ok ? 'yes' : 'no'],
    ['end', anchorText(head)],
  ])}`;
