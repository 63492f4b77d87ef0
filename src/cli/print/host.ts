/** A host, as lists and `host show` tell of it. */
import type { Host } from '../../wire/resources.ts';
import type { Cli } from '../cli.ts';
import { one } from './format.ts';
import { proofText } from './proof.ts';
import type { Column, Field } from './table.ts';
import { ageText, bytesText } from './units.ts';

const mebi = 1024 ** 2;

/** As the agent makes it (`guest-agent/engines/probe/score.ts`): 100 is the reference machine, higher is faster. */
const scoreText = ({ engineScore }: Host): string => (engineScore === null ? '' : engineScore.toFixed(0));

const stateText = ({ state, maintenance }: Host): string => (maintenance ? `${state} (maintenance)` : state);

export const hostColumns: Column<Host>[] = [
  { title: 'NAME', value: (host) => host.name },
  { title: 'CLOUD', value: (host) => host.cloud },
  { title: 'STATE', value: stateText },
  { title: 'DRIVER', value: (host) => host.driver ?? '' },
  { title: 'ENGINE', value: (host) => host.engine ?? '' },
  { title: 'SCORE', value: scoreText, align: 'right' },
  { title: 'VCPUS', value: (host) => String(host.vcpus), align: 'right' },
  { title: 'MEMORY', value: (host) => bytesText(host.memoryMiB * mebi), align: 'right' },
  { title: 'GUESTS', value: (host) => String(host.guests), align: 'right' },
  { title: 'AGE', value: (host) => ageText(host.createdAt), align: 'right' },
];

const because = (choice: string | null, why: string | null): string | null =>
  choice === null || why === null ? choice : `${choice} (${why})`;

const otherEngine = ({ guestsOfOtherEngine }: Host): string | null =>
  guestsOfOtherEngine.length === 0
    ? null
    : `${guestsOfOtherEngine.join(', ')} (made before the engine changed, and left as they are)`;

const noticesText = ({ notices }: Host): string | null =>
  notices
    .map(({ kind, detail, at }) => `${kind}: ${detail}${at === undefined ? '' : ` (at ${at})`}`)
    .join('; ') || null;

const warningsText = ({ warnings }: Host): string | null =>
  warnings.map(({ message, next }) => (next === undefined ? message : `${message} ${next}`)).join(' ') ||
  null;

export const hostFields = (host: Host): Field[] => [
  ['name', host.name],
  ['cloud', host.cloud],
  ['state', stateText(host)],
  ['driver', because(host.driver, host.driverWhy)],
  ['engine', because(host.engine, host.engineWhy)],
  ['engine score', scoreText(host) || null],
  ['last proof', host.probe === null ? null : `${host.probe.at} on ${host.probe.machine.kernel}`],
  ['other engine', otherEngine(host)],
  ['vcpus', String(host.vcpus)],
  ['memory', bytesText(host.memoryMiB * mebi)],
  ['address', host.address],
  ['tunnel address', host.tunnelAddress],
  ['notices', noticesText(host)],
  ['warnings', warningsText(host)],
  ['guests', String(host.guests)],
  ['created', host.createdAt],
];

export async function printHost(cli: Cli, name: string): Promise<void> {
  const host = await (await cli.client()).call('host.show', { params: { name } });
  cli.print(one(cli.format, host, hostFields(host)));
  if (cli.format === 'table' && host.probe !== null) cli.print(`\n${proofText(host.probe)}`);
}
