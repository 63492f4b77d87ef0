import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { detectDriver } from '../../src/blanket-drivers/detect.ts';
import { driverNamed } from '../../src/blanket-drivers/registry.ts';
import { fakeControl, notFound } from '../api-client/fake-control.ts';
import { recordedAs } from '../blanket-drivers/machines.ts';
import { runBlanket } from './run-blanket.ts';

const { facts } = recordedAs('aws-nitro-local-profile');
const detection = detectDriver(facts);
const answer = { facts, ...detection, plan: driverNamed(detection.chosen)?.plan(facts) ?? [] };
const handlers = { 'host.facts': () => answer };

test('people read sections: choice and reason, readings, devices, verdicts, plan', async (t) => {
  const fake = await fakeControl(t, handlers);
  const { code, stdout, stderr } = await runBlanket(fake, ['host', 'facts', 'east-1']);
  t.is(code, 0, stderr);
  t.is(stderr, '');
  const titles = stdout.split('\n').filter((line) => /^[A-Z]/.test(line));
  t.deepEqual(titles, [
    detection.why,
    ...['READINGS', 'DMI', 'PCI', 'DISKS', 'NETWORK CARDS', 'VERDICTS'],
    'PLAN of aws-nitro (nothing was done)',
  ]);
  t.regex(stdout, /^east-1: driver aws-nitro\nFound aws-nitro: DMI vendor is "Amazon EC2"; /);
  t.regex(stdout, /^ {2}CPUID hypervisor leaf: +TCGTCGTCGTCG$/m);
  t.regex(stdout, /^ {2}sys_vendor: +Amazon EC2$/m);
  t.regex(stdout, /^ {2}0000:00:02\.0 +8086:10d3 +020000 +e1000e$/m);
  t.regex(stdout, /^ {2}nvme0n1 +nvme +8 GiB +none +QEMU NVMe Ctrl$/m);
  t.regex(stdout, /^ {2}aws-nitro +found +DMI vendor is "Amazon EC2"\n {3,}DMI bios vendor is/m);
  t.regex(stdout, /^ {2}gce +no +DMI does not name Google Compute Engine$/m);
  t.regex(stdout, /^ {2}1 +nic +enp0s2 queueLength=2000 queues=all probeMtu=on ownMacOnly=on$/m);
  t.regex(stdout, /^ {2}3 +clock +prefer=kvm-clock,tsc,hpet,acpi_pm servers=169\.254\.169\.123$/m);
  t.regex(stdout, /^ {2}8 +notices +source=aws$/m);
});

test('what a machine does not have is said to be none', async (t) => {
  const bare = { ...answer, facts: { ...facts, nics: [], pci: [], dmi: {} } };
  const fake = await fakeControl(t, { 'host.facts': () => bare });
  const { stdout } = await runBlanket(fake, ['host', 'facts', 'east-1']);
  t.regex(stdout, /\nDMI\n {2}none\n\nPCI\n {2}none\n/);
  t.regex(stdout, /\nNETWORK CARDS\n {2}none\n/);
});

test('programs read everything', async (t) => {
  const fake = await fakeControl(t, handlers);
  const json = await runBlanket(fake, ['host', 'facts', 'east-1', '-o', 'json']);
  t.deepEqual(JSON.parse(json.stdout), answer);
  const yaml = await runBlanket(fake, ['host', 'facts', 'east-1', '-o', 'yaml']);
  t.deepEqual(parse(yaml.stdout), answer);
});

test('--save writes a record for the tests of the drivers, and does not touch a file that is there', async (t) => {
  const fake = await fakeControl(t, handlers);
  const file = join(fake.directory, 'east-1.json');
  const { code, stdout, stderr } = await runBlanket(fake, ['host', 'facts', 'east-1', '--save', file]);
  t.is(code, 0, stderr);
  t.is(stdout, '');
  t.is(stderr, `Wrote ${file}. Serial numbers, UUIDs, MAC and IP addresses in it are made up.\n`);
  const record = JSON.parse(await readFile(file, 'utf8'));
  t.like(record, { source: 'sent in', expect: { driver: 'aws-nitro', verdict: 'found' } });
  t.is(record.facts.dmi.product_uuid, 'ec211111-1111-1111-1111-111111111111');
  t.deepEqual(Object.keys(record), ['source', 'expect', 'facts']);

  await writeFile(file, 'mine');
  const again = await runBlanket(fake, ['host', 'facts', 'east-1', '--save', file]);
  t.is(again.code, 1);
  t.regex(
    again.stderr,
    /already, and it was not touched\.\n {2}code: facts\.file-exists\n {2}next: Name a file/,
  );
  t.is(await readFile(file, 'utf8'), 'mine');
});

test('--save with -o json says where; where nothing can be written, too', async (t) => {
  const fake = await fakeControl(t, handlers);
  const file = join(fake.directory, 'new.json');
  const saved = await runBlanket(fake, ['host', 'facts', 'east-1', '--save', file, '-o', 'json']);
  t.deepEqual(JSON.parse(saved.stdout), { saved: file });
  const nowhere = join(fake.directory, 'no-such-directory/east-1.json');
  const failed = await runBlanket(fake, ['host', 'facts', 'east-1', '--save', nowhere]);
  t.is(failed.code, 1);
  t.regex(failed.stderr, /code: facts\.not-saved/);
});

test('a host that is not there leaves no file behind', async (t) => {
  const fake = await fakeControl(t, {
    'host.facts': () => {
      throw notFound('host nope');
    },
  });
  const file = join(fake.directory, 'nope.json');
  t.is((await runBlanket(fake, ['host', 'facts', 'nope', '--save', file])).code, 3);
  await t.throwsAsync(readFile(file), { code: 'ENOENT' });
});

test('help says what --save makes anonymous', async (t) => {
  const fake = await fakeControl(t);
  const { stdout } = await runBlanket(fake, ['host', 'facts', '--help']);
  t.regex(stdout, /--save <file>[\s\S]*anonymous[\s\S]*UUIDs[\s\S]*MAC addresses/);
});

test('--save of a host whose driver the user chose claims what that driver should have said', async (t) => {
  const fake = await fakeControl(t, {
    'host.facts': () => ({ ...answer, ...detectDriver(facts, 'azure') }),
  });
  const file = join(fake.directory, 'azure.json');
  await runBlanket(fake, ['host', 'facts', 'east-1', '--save', file]);
  const record = JSON.parse(await readFile(file, 'utf8'));
  t.deepEqual(record.expect, { driver: 'azure', verdict: 'maybe' });
});
