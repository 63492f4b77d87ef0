import test from 'ava';
import { z } from 'zod';
import { type Grant, isChange, lacking, type Needs, rights, roles } from '../../src/wire/access.ts';
import { api, type RouteName } from '../../src/wire/api.ts';

const names = Object.keys(api) as RouteName[];

test('every route says what it needs', (t) => {
  for (const name of names) {
    const [role, ...wanted]: Needs = api[name].needs;
    t.true(roles.includes(role), name);
    t.true(
      wanted.every((right) => rights.includes(right)),
      name,
    );
  }
});

test('a viewer changes nothing: the one request with a body that needs no more only foretells', (t) => {
  const harmless = names.filter((name) => api[name].method !== 'GET' && !isChange(api[name]));
  t.deepEqual(harmless, ['guest.plan']);
  t.false(names.some((name) => api[name].method === 'GET' && isChange(api[name])));
});

test('whatever migrates needs the rights to', (t) => {
  const migrating = names.filter((name) => (api[name].needs as Needs).includes('migrate-in'));
  t.deepEqual(migrating, ['host.drain', 'guest.migrate']);
});

test('what the audit log may hold of a body are fields of it, and none that may be a secret', (t) => {
  for (const name of names) {
    const { body, told } = api[name];
    const fields = body instanceof z.ZodObject ? Object.keys(body.shape) : [];
    for (const field of told) {
      t.true(fields.includes(field), `${name} has no field ${field}`);
      t.notRegex(field, /^(config|metadata|userData|user|key|secret|token|password)$/i, name);
    }
  }
});

const grant = (role: Grant['role'], given: Partial<Grant> = {}): Grant => ({
  ...{ role, migrateOut: false, migrateIn: false },
  ...given,
});

test('roles give what those before them give; the rights to migrate are apart from operator', (t) => {
  t.deepEqual(lacking(grant('viewer'), ['viewer']), []);
  t.deepEqual(lacking(grant('viewer'), ['operator']), ['the role operator']);
  t.deepEqual(lacking(grant('operator'), ['viewer']), []);
  t.deepEqual(lacking(grant('operator'), ['admin']), ['the role admin']);
  t.deepEqual(lacking(grant('operator'), ['viewer', 'migrate-out', 'migrate-in']), [
    'the right migrate-out',
    'the right migrate-in',
  ]);
  t.deepEqual(lacking(grant('viewer', { migrateOut: true }), ['viewer', 'migrate-out', 'migrate-in']), [
    'the right migrate-in',
  ]);
  t.deepEqual(lacking(grant('admin'), ['operator', 'migrate-out', 'migrate-in']), []);
});
