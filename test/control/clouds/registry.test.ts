import test from 'ava';
import { openCloud } from '../../../src/control/clouds/registry.ts';

const paths = { state: '/nowhere' };

test('a local cloud opens without touching the disk', (t) => {
  t.is(openCloud('local', 'alpha', { profile: 'vmware' }, paths).name, 'alpha');
});

test('an unknown type, a bad configuration and a bad name are refused', (t) => {
  t.throws(() => openCloud('toString', 'alpha', {}, paths), { code: 'cloud.unknown-type' });
  t.throws(() => openCloud('local', 'alpha', { accel: 'tcg' }, paths), {
    code: 'cloud.bad-config',
    message: /profile/,
  });
  t.throws(() => openCloud('local', 'alpha', { profile: 'vmware', acel: 'kvm' }, paths), {
    code: 'cloud.bad-config',
  });
  t.throws(() => openCloud('local', '../alpha', { profile: 'vmware' }, paths), { code: 'cloud.bad-name' });
});

test('a profile that there is not is found by check, not by open', async (t) => {
  const cloud = openCloud('local', 'alpha', { profile: 'plan9' }, paths);
  await t.throwsAsync(cloud.check(AbortSignal.timeout(10_000)), { code: 'cloud.unknown-profile' });
});
