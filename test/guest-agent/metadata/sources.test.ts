import { mkdirSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { keptSources } from '../../../src/guest-agent/metadata/sources.ts';
import { networkConfig } from '../network-config.ts';
import { guestSpec, scratchPaths } from '../spec.ts';

test('a network that cannot be read leaves the others their metadata', async (t) => {
  const paths = scratchPaths();
  mkdirSync(paths.networks);
  writeFileSync(paths.network('broken', 'json'), '{"name": "broken"');
  writeFileSync(paths.network('lan', 'json'), JSON.stringify(networkConfig()));
  t.deepEqual(await keptSources(paths).networks(), [networkConfig()]);
});

test('guests are those that are kept here', async (t) => {
  const paths = scratchPaths();
  mkdirSync(paths.guests);
  writeFileSync(paths.guest('traveller'), JSON.stringify(guestSpec()));
  t.deepEqual(await keptSources(paths).guestSpec('traveller'), guestSpec());
  t.is(await keptSources(paths).guestSpec('nobody'), undefined);
});
