/** Commands that need files or processes of control's machine, where control is elsewhere. */
import { addressText } from '../../api-client/connection.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { Cli } from '../cli.ts';

/**
 * @param why a sentence: what of control's machine the command needs
 * @param next what to do; default: say it there
 * @throws BlanketError `control.elsewhere`
 */
export function needHere(cli: Pick<Cli, 'target'>, why: string, next?: string): void {
  const { connection, name } = cli.target();
  if (connection.kind === 'socket') return;
  const address = addressText(connection);
  throw new BlanketError('control.elsewhere', `Control is elsewhere, at ${address}. ${why}`, {
    kind: 'usage',
    next: next ?? 'Say it on the machine of control, or `blanket --context local …` for this machine’s own.',
    data: { address, context: name },
  });
}

/** @throws BlanketError `control.elsewhere` */
export const needKeysHere = (cli: Pick<Cli, 'target'>): void =>
  needHere(cli, 'The keys with which its hosts are reached by ssh are on its machine.');
