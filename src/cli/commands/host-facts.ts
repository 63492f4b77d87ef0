/** `blanket host facts` */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { BlanketError } from '../../wire/errors.ts';
import type { HostFacts } from '../../wire/host-facts.ts';
import { anonymousReadings } from '../anonymous.ts';
import type { Cli } from '../cli.ts';
import { examples, nameArgument } from '../command.ts';
import { factsText } from '../print/facts.ts';
import { data } from '../print/format.ts';

const saveHelp = `
--save writes one JSON file that a test of the drivers can take as it is. What tells whose host it is, is made
anonymous in the same shape: serial numbers, UUIDs (but for a prefix that a cloud is recognised by), MAC addresses
(but for the maker's half) and IP addresses. Host and cloud names are not in it. Look at it before you send it in.`;

export function addFacts(host: Command, cli: Cli): void {
  const facts = host
    .command('facts')
    .description('show what was read of a host, what each driver says to it, and the plan, without acting')
    .addArgument(nameArgument('name', 'name of the host'))
    .option('--save <file>', 'write the readings, made anonymous, into a new file to send in')
    .action(async (name: string, { save }: { save?: string }) => {
      const shown = await (await cli.client()).call('host.facts', { params: { name } });
      if (save !== undefined) return saveRecord(cli, save, shown);
      cli.print(cli.format === 'table' ? factsText(name, shown) : data(cli.format, shown));
    });
  examples(facts, 'blanket host facts east-1', 'blanket host facts east-1 --save east-1.json');
  facts.addHelpText('after', saveHelp);
}

/** @throws BlanketError `facts.file-exists`, `facts.not-saved` */
async function saveRecord(cli: Cli, file: string, shown: HostFacts): Promise<void> {
  const own = shown.verdicts.find(({ driver }) => driver === shown.chosen)?.verdict;
  // The user's word went over a "no": the least that the driver should have said.
  const verdict = own === 'found' ? 'found' : 'maybe';
  const record = {
    source: 'sent in',
    expect: { driver: shown.chosen, verdict },
    facts: anonymousReadings(shown),
  };
  try {
    await writeFile(file, data('json', record), { flag: 'wx' });
  } catch (cause) {
    throw notSaved(file, cause);
  }
  cli.note(`Wrote ${file}. Serial numbers, UUIDs, MAC and IP addresses in it are made up.`);
  if (cli.format !== 'table') cli.print(data(cli.format, { saved: file }));
}

function notSaved(file: string, cause: unknown): BlanketError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EEXIST') {
    return new BlanketError('facts.file-exists', `There is a ${file} already, and it was not touched.`, {
      kind: 'conflict',
      next: 'Name a file that is not there yet.',
      data: { file },
    });
  }
  return new BlanketError('facts.not-saved', `${file} could not be written.`, {
    next: 'Name a file in a directory that is there and that you may write to.',
    data: { file },
    cause,
  });
}
