/** The seed as an ISO image, read back with genisoimage's own reader. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { makeSeed, writeSeed } from '../../../src/control/clouds/local-seed.ts';
import { run } from '../../../src/process/run.ts';

const input = {
  id: '0f6b2a94-77a2-4b7e-9f0e-3c1d7f2f9a10',
  name: 'h1',
  userData: '#cloud-config\n',
  uplinkMac: '02:00:00:00:00:01',
  wanMac: '02:00:00:00:00:02',
  address: '198.18.0.7',
};

test.serial('the ISO image bears its label and gives its files back', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'seed-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const path = join(directory, 'seed.iso');
  await writeSeed(makeSeed('config-drive', input), path, AbortSignal.timeout(30_000));
  const { stdout } = await run('isoinfo', ['-d', '-i', path]);
  t.regex(stdout, /Volume id: config-2\n/);
  const read = await run('isoinfo', ['-R', '-x', '/openstack/latest/user_data', '-i', path]);
  t.is(read.stdout, input.userData);
});
