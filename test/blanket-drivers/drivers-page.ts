/**
 * docs/drivers.md, made from the drivers themselves and from the recorded machines; a test compares the two.
 * Run as a program it prints the page: `node test/blanket-drivers/drivers-page.ts > docs/drivers.md`.
 */
import type { Driver } from '../../src/blanket-drivers/driver.ts';
import { drivers } from '../../src/blanket-drivers/registry.ts';
import type { ShimPlan } from '../../src/blanket-drivers/shims/shim.ts';
import { machine, type Recorded, recorded } from './machines.ts';

const intro = `# Drivers

One driver for each cloud. It recognises its cloud by readings of the host, and plans what is set up there.
\`blanket host facts NAME\` shows the readings of a host, what each driver says to them, and the plan, without acting;
\`--save FILE\` writes the readings, made anonymous, for sending in. How one driver is chosen among several is told in
[decisions/detection.md](decisions/detection.md); \`blanket host provision --driver NAME\` overrides it.

This page is made from the code by \`test/blanket-drivers/drivers-page.ts\`.
`;

export const driversPage = (): string => [intro, overview(), ...drivers.map(section)].join('\n');

function overview(): string {
  const rows = drivers.map(({ name, title, signs }) => `| [${name}](#${name}) | ${title} | ${signs} |`);
  return ['| driver | for | recognised by |', '|---|---|---|', ...rows, ''].join('\n');
}

function section(driver: Driver): string {
  const known = recorded.filter(({ expect }) => expect.driver === driver.name);
  const example =
    known.find(({ name, expect }) => !name.startsWith('near-') && expect.verdict !== 'maybe') ?? known[0];
  if (example === undefined) throw new Error(`No machine is recorded for ${driver.name}.`);
  return [
    `## ${driver.name}`,
    '',
    `Plan on \`${example.name}\`:`,
    '',
    ...planTable(driver, example),
    '',
    `Where nested virtualization is hidden: ${howTo(driver)}`,
    '',
    `Recorded machines: ${known.map(machineLink).join(', ')}.`,
    '',
    ...driver.sources.map((source) => `- <${source}>`),
    '',
  ].join('\n');
}

const planTable = (driver: Driver, { facts }: Recorded): string[] => [
  '| shim | options |',
  '|---|---|',
  ...driver.plan(facts).map(({ shim, ...options }) => `| ${shim} | ${optionsText(options)} |`),
];

const optionsText = (options: object): string =>
  Object.entries(options)
    .map(([option, value]) => `${option} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .map((text) => `\`${text}\``)
    .join(' ');

function howTo(driver: Driver): string {
  const plan = driver.plan(machine({ flags: ['hypervisor'] }));
  const nested = plan.find((item): item is Extract<ShimPlan, { shim: 'nested' }> => item.shim === 'nested');
  return nested?.howTo ?? '';
}

const machineLink = ({ name }: Recorded): string =>
  `[${name}](../test/blanket-drivers/machines/${name}.json)`;

if (import.meta.main) process.stdout.write(driversPage());
