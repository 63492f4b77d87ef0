/** `blanket api …`: the API that all commands use, for those who write their own. */
import type { Command } from 'commander';
import { openApi } from '../../wire/openapi/document.ts';
import type { Cli } from '../cli.ts';
import { examples } from '../command.ts';
import { data } from '../print/format.ts';

export function addApiCommands(program: Command, cli: Cli): void {
  const api = program.command('api').description("control's HTTP API, for your own programs");
  const spec = api
    .command('spec')
    .description("print the API's description, OpenAPI 3.1; needs no control")
    .action(() => cli.print(data(cli.format === 'yaml' ? 'yaml' : 'json', openApi())));
  examples(
    spec,
    'blanket api spec >blanket.json',
    'blanket api spec -o yaml',
    'curl --unix-socket ~/.local/state/blanket/control.sock http://control/openapi.json   # of the control that runs',
  );
}
