/** `blanket proof …`: signed records of moves, checked by whoever has the public key. */
import { open } from 'node:fs/promises';
import type { Command } from 'commander';
import { BlanketError } from '../../wire/errors.ts';
import { proofPaths } from '../../wire/home.ts';
import type { Cli } from '../cli.ts';
import { examples } from '../command.ts';
import { data } from '../print/format.ts';
import { moveText } from '../print/move.ts';
import { publicKeyFrom, verifyProof } from '../proof/verify.ts';

/** A record is a few kB; what is longer is something else. */
const mostBytes = 1 << 20;

/** @throws BlanketError `proof.no-file`, `proof.too-long` */
async function readText(file: string): Promise<string> {
  const buffer = Buffer.alloc(mostBytes + 1);
  let length = 0;
  try {
    await using handle = await open(file);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (bytesRead === 0 || length > mostBytes) break;
    }
  } catch (cause) {
    throw new BlanketError('proof.no-file', `${file} cannot be read.`, { kind: 'not-found', cause });
  }
  if (length <= mostBytes) return buffer.toString('utf8', 0, length);
  throw new BlanketError('proof.too-long', `${file} is longer than any record of a move.`);
}

/** @throws BlanketError `proof.no-key` where this installation has made no record yet, and none is given. */
async function readKey(cli: Cli, file: string | undefined): Promise<string> {
  if (file !== undefined) return readText(file);
  const own = proofPaths(cli.home.state).publicKey;
  return readText(own).catch((cause: unknown) => {
    throw new BlanketError('proof.no-key', `This installation has no key to check with (${own}).`, {
      kind: 'usage',
      next: 'Give the public key of the installation that made the record with --key.',
      cause,
    });
  });
}

async function verify(cli: Cli, file: string, keyFile: string | undefined): Promise<void> {
  const pem = await readKey(cli, keyFile);
  const key = publicKeyFrom(pem, keyFile ?? proofPaths(cli.home.state).publicKey);
  const verified = verifyProof(await readText(file), key);
  cli.print(cli.format === 'table' ? moveText(verified) : data(cli.format, { valid: true, ...verified }));
}

export function addProofCommands(program: Command, cli: Cli): void {
  const proof = program.command('proof').description('signed records of moves');
  const check = proof
    .command('verify')
    .description('check a signed record of a move and say what it proves; needs no control and no network')
    .argument('<file>', 'the record, as `op show ID --proof` prints it')
    .option('--key <file>', "public key (PEM) of the installation that made it; default: this one's")
    .action((file: string, { key }: { key?: string }) => verify(cli, file, key));
  examples(
    check,
    'blanket op show guest-migrate-1a2b3c4d --proof >move.json',
    'blanket proof verify move.json',
    'blanket proof verify move.json --key theirs.pem',
  );
  const key = proof
    .command('key')
    .description('print the public key that this installation signs with')
    .action(async () => {
      const found = await (await cli.client()).call('proof.key');
      cli.print(cli.format === 'table' ? found.publicKey : data(cli.format, found));
      cli.note(`Its id is ${found.keyId}.`);
    });
  examples(key, 'blanket proof key >ours.pem');
}
