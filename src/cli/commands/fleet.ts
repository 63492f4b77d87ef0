/** `blanket fleet …`: what the hosts' CPUs share, and what becomes of a guest that wants more. */
import { type Command, Option } from 'commander';
import { type EngineName, engineSchema } from '../../wire/names.ts';
import { type FleetBaseline, type FleetPolicy, policyWords } from '../../wire/routes/fleet.ts';
import type { Cli } from '../cli.ts';
import { examples, given } from '../command.ts';
import { data, one } from '../print/format.ts';
import { type Column, type Field, fieldLines, table } from '../print/table.ts';

type Host = FleetBaseline['hosts'][number];

const words = (features: readonly string[]): string => features.join(' ') || 'none';

const columns: Column<Host>[] = [
  { title: 'HOST', value: ({ host }) => host },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'VENDOR', value: ({ vendor }) => vendor },
  { title: 'MODEL', value: ({ model }) => model },
  { title: 'COSTS', value: ({ costs }) => String(costs.length), align: 'right' },
  { title: 'BEYOND', value: ({ beyond }) => String(beyond.length), align: 'right' },
];

const fields = ({ engine, model, vendor, features, nested }: FleetBaseline): Field[] => [
  ['engine', engine],
  ['model', vendor === null ? `${model}, as the hosts' CPUs have different makers` : `${model} (${vendor})`],
  ['features', words(features)],
  ['nested', `${words(nested)}${nested.length > 0 ? ' (shown with --nested only)' : ''}`],
];

const faults = ({ costs, faulty }: Host): string => {
  const wrong = costs.filter((name) => faulty.includes(name));
  return wrong.length === 0 ? '' : ` (its CPU gets ${wrong.join(', ')} wrong)`;
};

const hostLines = (host: Host): string =>
  [
    host.costs.length > 0 &&
      `Without ${host.host} the fleet would also have: ${host.costs.join(', ')}${faults(host)}.`,
    host.beyond.length > 0 && `${host.host} has beyond it: ${host.beyond.join(', ')}.`,
  ]
    .filter((line) => line !== false)
    .map((line) => `${line}\n`)
    .join('');

export const baselineText = (baseline: FleetBaseline): string =>
  `${fieldLines(fields(baseline))}\n${table(columns, baseline.hosts)}\n${baseline.hosts.map(hostLines).join('')}`;

/** Whose CPU is not known, or only from before. */
export const baselineNotes = ({ hosts, unknown }: FleetBaseline): string[] => [
  ...hosts
    .filter(({ asked }) => !asked)
    .map(({ host, state }) => `${host} is ${state} and was not asked: its CPU is the last one known.`),
  ...unknown.map((host) => `${host} could never be asked: it is left out.`),
];

function addBaseline(fleet: Command, cli: Cli): void {
  const baseline = fleet
    .command('baseline')
    .description('what all hosts can show a guest, and what each host costs the others')
    .addOption(new Option('--engine <engine>', 'of this engine only').choices(engineSchema.options))
    .action(async ({ engine }: { engine?: EngineName }) => {
      const query = given({ engine });
      const baselines = await (await cli.client()).call('fleet.baseline', { query });
      cli.print(
        cli.format === 'table' ? baselines.map(baselineText).join('\n') : data(cli.format, baselines),
      );
      for (const note of baselines.flatMap(baselineNotes)) cli.note(note);
      if (baselines.length === 0)
        cli.note('No host carries an engine yet. Next: blanket host provision NAME --cloud C');
    });
  examples(baseline, 'blanket fleet baseline', 'blanket fleet baseline --engine kvm -o json');
}

const policyFields = ({ cpu, cpuMissing }: FleetPolicy): Field[] => [
  ['cpu', `${cpu} (a guest whose CPU is wider than the baseline)`],
  ['cpu missing', `${cpuMissing} (a guest on a host that lacks features of its CPU)`],
];

type PolicyOptions = { cpu?: FleetPolicy['cpu']; cpuMissing?: FleetPolicy['cpuMissing'] };

function addPolicy(fleet: Command, cli: Cli): void {
  const choice = (flag: string, text: string) => new Option(`${flag} <what>`, text).choices(policyWords);
  const policy = fleet
    .command('policy')
    .description('show or change what becomes of a guest whose CPU is too wide')
    .addOption(choice('--cpu', 'when some host of the fleet could not take it (default: warn)'))
    .addOption(choice('--cpu-missing', 'when the host it is to run on lacks features (default: refuse)'))
    .action(async (options: PolicyOptions) => {
      const client = await cli.client();
      const body = given(options);
      const now = await (Object.keys(body).length === 0
        ? client.call('fleet.policy')
        : client.call('fleet.policy.set', { body }));
      cli.print(one(cli.format, now, policyFields(now)));
    });
  examples(policy, 'blanket fleet policy', 'blanket fleet policy --cpu refuse');
}

export function addFleetCommands(program: Command, cli: Cli): void {
  const fleet = program.command('fleet').description('all hosts together: what their CPUs share');
  addBaseline(fleet, cli);
  addPolicy(fleet, cli);
}
