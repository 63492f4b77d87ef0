/** `blanket context …`: several controls, by name. */
import type { Command } from 'commander';
import { createClient } from '../../api-client/client.ts';
import { addressText, parseAddress, parseFingerprint } from '../../api-client/connection.ts';
import { BlanketError } from '../../wire/errors.ts';
import { type Cli, printRemoved } from '../cli.ts';
import { examples, given, nameArgument } from '../command.ts';
import {
  type Context,
  contextNamed,
  contextsFile,
  local,
  readContexts,
  writeContexts,
} from '../contexts/file.ts';
import { readToken } from '../contexts/secret.ts';
import { connectionOf, readCertificate } from '../contexts/target.ts';
import { list, one } from '../print/format.ts';

/** A context as it is shown: of its token only that there is one, and the part that is no secret. */
type Shown = {
  name: string;
  current: boolean;
  host: string;
  trust: 'system' | 'certificate' | 'fingerprint' | 'socket';
  token: string | null;
};

const tokenText = (token: string | undefined): string | null =>
  token === undefined ? null : (/^blanket_[0-9a-f]{12}(?=_)/.exec(token)?.[0] ?? 'kept');

function trustOf({ host, certificate }: Context): Shown['trust'] {
  if (host.startsWith('unix:')) return 'socket';
  if (certificate === undefined) return 'system';
  return parseFingerprint(certificate) === undefined ? 'certificate' : 'fingerprint';
}

const shownOf = (name: string, current: boolean, context: Context): Shown => ({
  ...{ name, current, host: context.host, trust: trustOf(context), token: tokenText(context.token) },
});

const columns = [
  { title: 'CURRENT', value: ({ current }: Shown) => (current ? '*' : '') },
  { title: 'NAME', value: ({ name }: Shown) => name },
  { title: 'HOST', value: ({ host }: Shown) => host },
  { title: 'TRUST', value: ({ trust }: Shown) => trust },
  { title: 'TOKEN', value: ({ token }: Shown) => token ?? '' },
];

export function addContextCommands(program: Command, cli: Cli): void {
  const context = program.command('context').description('several controls, by name (--context NAME)');
  addAdd(context, cli);
  context
    .command('list')
    .description('list them; none is asked')
    .action(() => cli.print(list(cli.format, allShown(cli), columns)));
  context
    .command('show')
    .description('show the control that commands speak to, and what chose it; it is not asked')
    .action(() => show(cli));
  const use = context
    .command('use')
    .description(`speak to that control from now on; ${local} is this machine's own`)
    .addArgument(nameArgument('name', 'name of the context'))
    .action((name: string) => choose(cli, name));
  examples(use, 'blanket context use prod', `blanket context use ${local}`);
  context
    .command('remove')
    .description('forget a control and its token; the token stays good until it is revoked')
    .addArgument(nameArgument('name', 'name of the context'))
    .action((name: string) => remove(cli, name));
}

type AddOptions = {
  host: string;
  ca?: string;
  tokenFile?: string;
  token: boolean;
  replace?: true;
  check: boolean;
};

function addAdd(context: Command, cli: Cli): void {
  const add = context
    .command('add')
    .description(
      'name a control and keep the token for it, from a prompt, standard input, --token-file or BLANKET_TOKEN',
    )
    .addArgument(nameArgument('name', 'name of the new context'))
    .requiredOption('--host <url>', 'https://NAME:PORT or unix:///PATH')
    .option(
      '--ca <file>',
      "control's certificate or its authority's (PEM file), or the certificate's sha256:…",
    )
    .option('--token-file <file>', 'file that holds the token; - is standard input')
    .option('--no-token', 'keep none: BLANKET_TOKEN is taken each time')
    .option('--no-check', 'do not ask control whether all that is right')
    .option('--replace', 'also when the name is taken')
    .action((name: string, options: AddOptions) => run(cli, name, options));
  examples(
    add,
    'blanket context add prod --host https://control.example:8443 --ca control.crt',
    'blanket context add prod --host https://control.example:8443 --ca sha256:4f… --token-file ann.token',
    'pass show blanket/ann | blanket context add prod --host https://control.example:8443',
  );
}

async function run(cli: Cli, name: string, options: AddOptions): Promise<void> {
  const file = contextsFile(cli.io.env);
  const isTaken = name in readContexts(file).contexts;
  if (name === local || (isTaken && options.replace !== true)) throw exists(name);
  const address = parseAddress(options.host);
  const certificate = options.ca === undefined ? undefined : readCertificate(options.ca);
  const needsToken = address.kind === 'tls' && options.token;
  const token = needsToken ? await readToken(cli, options.tokenFile) : undefined;
  const context: Context = { host: addressText(address), ...given({ certificate, token }) };
  if (options.check) await createClient(connectionOf(context, cli.io.env)).call('status');
  // Read again: another command may have written while control was asked.
  const contexts = readContexts(file);
  writeContexts(file, { ...contexts, contexts: { ...contexts.contexts, [name]: context } });
  const shown = shownOf(name, contexts.current === name, context);
  cli.print(list(cli.format, [shown], columns));
  if (contexts.current !== name) cli.note(`Next: blanket context use ${name}`);
}

const exists = (name: string): BlanketError =>
  new BlanketError('context.exists', `There is a context named ${name} already.`, {
    kind: 'conflict',
    next:
      name === local
        ? 'That is this machine’s own: choose another name.'
        : 'Choose another name, or say --replace.',
    data: { context: name },
  });

function allShown(cli: Cli): Shown[] {
  const { current, contexts } = readContexts(contextsFile(cli.io.env));
  const own = shownOf(local, current === local, { host: `unix://${cli.home.socket}` });
  return [
    own,
    ...Object.entries(contexts).map(([name, context]) => shownOf(name, name === current, context)),
  ];
}

function show(cli: Cli): void {
  const { name, from, connection } = cli.target();
  const shown = {
    ...{ name, from, host: addressText(connection) },
    trust: connection.kind === 'socket' ? 'socket' : connection.trust.kind,
    token: connection.kind === 'socket' ? null : tokenText(connection.token),
  };
  cli.print(
    one(cli.format, shown, [
      ['name', name ?? ''],
      ['chosen by', from],
      ['host', shown.host],
      ['trust', shown.trust],
      ['token', shown.token ?? ''],
    ]),
  );
}

function choose(cli: Cli, name: string): void {
  const file = contextsFile(cli.io.env);
  const contexts = readContexts(file);
  const { host } = name === local ? { host: `unix://${cli.home.socket}` } : contextNamed(contexts, name);
  writeContexts(file, { ...contexts, current: name });
  cli.note(`Commands speak to ${name} (${host}) from now on.`);
  const over = (['BLANKET_HOST', 'BLANKET_CONTEXT', 'BLANKET_SOCKET'] as const).find(
    (key) => cli.io.env[key],
  );
  if (over !== undefined) cli.note(`${over} is set here, and counts for more.`);
}

function remove(cli: Cli, name: string): void {
  const file = contextsFile(cli.io.env);
  const contexts = readContexts(file);
  contextNamed(contexts, name);
  const { [name]: _gone, ...left } = contexts.contexts;
  const current = contexts.current === name ? local : contexts.current;
  writeContexts(file, { ...contexts, current, contexts: left });
  printRemoved(cli, 'context', name);
  if (current !== contexts.current) cli.note(`Commands speak to ${local} from now on.`);
}
