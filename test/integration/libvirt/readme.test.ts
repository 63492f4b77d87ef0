/** The examples of the client's README do what they say, each as a program of its own. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { run } from '../../../src/process/run.ts';
import { localServer, type Server } from './server.ts';
import { guestXml, makeOverlay, writeBase } from './tiny-guest.ts';

const client = join(import.meta.dirname, '../../../src/libvirt');

let server: Server;
let directory: string;

test.before(async () => {
  server = await localServer();
  directory = await mkdtemp(join(tmpdir(), 'libvirt-readme-'));
  const connection = await server.connect(server.qemuUri);
  const disk = await makeOverlay(server, await writeBase(server), false);
  await connection.domains.define(guestXml('web1', randomUUID(), disk, server.domainType));
  await server.run('mkdir', ['pool']);
  const target = `<target><path>${server.directory}/pool</path></target>`;
  await connection.storage.create(`<pool type='dir'><name>default</name>${target}</pool>`);
  await connection.close();
});

test.after.always(async () => {
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Runs the nth example against this server; gives what it printed. */
async function play(index: number): Promise<string> {
  const text = await readFile(join(client, 'README.md'), 'utf8');
  const example = [...text.matchAll(/^```ts\n(.*?)^```/gms)][index]?.[1] ?? '';
  const here = example
    .replaceAll("from './", `from '${client}/`)
    .replaceAll("await findSocket('qemu')", `'${server.socketPath}'`)
    .replaceAll('qemu:///system', server.qemuUri);
  const path = join(directory, `example-${index}.ts`);
  await writeFile(path, here);
  return (await run(process.execPath, [path], { cwd: directory, timeoutMs: 60_000 })).stdout;
}

test.serial('domains and what they use', async (t) => {
  t.regex(await play(0), /^web1 \S+ 32768\n$/);
});

test.serial('a domain is started, followed and listened to', async (t) => {
  const printed = await play(1);
  t.regex(printed, /started booted/);
  t.regex(printed, /aaa[a-p]/); // the guest counts
  t.regex(printed, /stopped destroyed\n$/);
});

test.serial('a disk is brought to a pool', async (t) => {
  const content = Buffer.alloc(3_000_001, 'disk');
  await writeFile(join(directory, 'disk.raw'), content);
  t.regex(await play(2), /pool\/disk\.raw \{ type: 'file', capacity: 3000001/);
  const stored = await server.run('sha256sum', ['pool/disk.raw']);
  t.is(stored.split(' ')[0], (await run('sha256sum', [join(directory, 'disk.raw')])).stdout.split(' ')[0]);
});
