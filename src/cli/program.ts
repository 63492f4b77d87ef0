/** The whole command line: every noun hangs itself in here. */
import { Command, Option } from 'commander';
import { version } from '../wire/version.ts';
import type { Cli } from './cli.ts';
import { addApiCommands } from './commands/api.ts';
import { addAuditCommands } from './commands/audit.ts';
import { addCloudCommands } from './commands/cloud.ts';
import { addConsoleCommand } from './commands/console.ts';
import { addContextCommands } from './commands/context.ts';
import { addControlCommands } from './commands/control.ts';
import { addDrainCommand } from './commands/drain.ts';
import { addFleetCommands } from './commands/fleet.ts';
import { addGuestCommands } from './commands/guest.ts';
import { addHostCommands } from './commands/host.ts';
import { addImageCommands } from './commands/image.ts';
import { addMetricsCommand } from './commands/metrics.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addNetworkCommands } from './commands/network.ts';
import { addOperationCommands } from './commands/op.ts';
import { addProofCommands } from './commands/proof.ts';
import { addTokenCommands } from './commands/token.ts';
import { addTunnelCommands } from './commands/tunnel.ts';
import { formats } from './print/format.ts';

const tour = `
To begin:
  $ blanket cloud add east --profile openstack-kvm
  $ blanket host provision east-1 --cloud east
  $ blanket network create lan --subnet 10.77.0.0/24
  $ blanket image import counter ./disk.qcow2
  $ blanket guest create web1 --image counter --host east-1
  $ blanket migrate web1 --to west-1
With a control that is elsewhere:
  $ blanket context add prod --host https://control.example:8443 --ca control.crt
  $ blanket context use prod

Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 not allowed, 5 blocked by a check, 6 rolled back and
the guest is safe on its source, 7 needs attention, 8 timed out, 9 host conform
found a failed check, 130 cancelled.`;

export function buildProgram(cli: Cli): Command {
  const program = new Command('blanket')
    .description("Your own hypervisor on other people's clouds.")
    .version(version, '-V, --version')
    .addOption(new Option('-o, --output <format>', 'output format').choices(formats).default('table'))
    .option('--context <name>', 'the control to speak to (`blanket context list`)')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => cli.print(text),
      writeErr: (text) => void cli.io.stderr.write(text),
      outputError: () => undefined, // reported in one form with all other errors
    })
    .hook('preAction', (command) => {
      const { output, context } = command.opts<{ output: Cli['format']; context?: string }>();
      cli.format = output;
      cli.context = context;
    })
    .addHelpText('after', tour);
  addCloudCommands(program, cli);
  addHostCommands(program, cli);
  addFleetCommands(program, cli);
  addImageCommands(program, cli);
  addNetworkCommands(program, cli);
  addTunnelCommands(program, cli);
  addGuestCommands(program, cli);
  addMigrateCommand(program, cli);
  addDrainCommand(program, cli);
  addConsoleCommand(program, cli);
  addOperationCommands(program, cli);
  addProofCommands(program, cli);
  addMetricsCommand(program, cli);
  addApiCommands(program, cli);
  addAuditCommands(program, cli);
  addTokenCommands(program, cli);
  addContextCommands(program, cli);
  addControlCommands(program, cli);
  return program;
}
