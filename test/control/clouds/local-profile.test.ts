import test from 'ava';
import {
  isoOf,
  loadProfile,
  metadataOf,
  profileNames,
  profileSchema,
} from '../../../src/control/clouds/local-profile.ts';

test('every profile is valid and bears the name of its file', async (t) => {
  for (const name of await profileNames()) t.is((await loadProfile(name)).name, name);
});

test('an unknown profile is refused, also one that is a path', async (t) => {
  await t.throwsAsync(loadProfile('vmwere'), { code: 'cloud.unknown-profile' });
  await t.throwsAsync(loadProfile('../../package'), { code: 'cloud.unknown-profile' });
});

test('a mistyped or a missing field is refused', async (t) => {
  const whole = await loadProfile('vmware');
  const broken: unknown[] = [
    { ...whole, nic: 'rtl8140' },
    { ...whole, dsik: 'ide' },
    { ...whole, smbios: { bios: whole.smbios.bios } },
    { ...whole, uuidPrefix: 'xyz' },
    { ...whole, metadata: 'ec2' },
    { ...whole, seed: 'aws', metadata: 'aws' },
    { ...whole, slots: { disk: 32 } },
    { ...whole, slots: { seed: 3 } },
    null,
  ];
  for (const one of broken) t.false(profileSchema.safeParse(one).success);
});

test('a seed is on a CD or comes from a metadata service, which may also stand beside a CD', (t) => {
  t.is(isoOf({ seed: 'ovf' }), 'ovf');
  t.is(metadataOf({ seed: 'ovf', metadata: undefined }), undefined);
  t.is(isoOf({ seed: 'aws' }), undefined);
  t.is(metadataOf({ seed: 'aws', metadata: undefined }), 'aws');
  t.is(metadataOf({ seed: 'nocloud', metadata: 'azure' }), 'azure');
});

test('who names an unknown profile is told all that there are', async (t) => {
  const error = await t.throwsAsync(loadProfile('amazon'));
  const names = (await profileNames()).sort().join(', ');
  t.like(error, { next: `Use one of: ${names}.` });
  t.true(names.includes('nitro'));
});
