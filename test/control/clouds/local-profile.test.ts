import test from 'ava';
import { loadProfile, profileNames, profileSchema } from '../../../src/control/clouds/local-profile.ts';

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
    { ...whole, nic: 'rtl8139' },
    { ...whole, dsik: 'ide' },
    { ...whole, smbios: { bios: whole.smbios.bios } },
    { ...whole, uuidPrefix: 'xyz' },
    null,
  ];
  for (const one of broken) t.false(profileSchema.safeParse(one).success);
});
