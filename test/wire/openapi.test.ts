import { Validator } from '@seriousme/openapi-schema-validator';
import test from 'ava';
import { api, type RouteName } from '../../src/wire/api.ts';
import { type OpenApiOperation, openApi } from '../../src/wire/openapi/document.ts';
import { routeCodes } from '../../src/wire/routes/codes.ts';

const document = openApi();
const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
const operation = (name: RouteName): OpenApiOperation => {
  const found = operations.find(({ operationId }) => operationId === name);
  if (found === undefined) throw new Error(`${name} is not described`);
  return found;
};

test('a public validator takes the description for OpenAPI 3.1, and no other', async (t) => {
  const check = async (value: object) => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(value) as Record<string, unknown>);
    return { valid, errors, version: validator.version };
  };
  const { valid, errors, version } = await check(document);
  t.true(valid, JSON.stringify(errors, undefined, 2));
  t.is(version, '3.1');
  const spoilt = { ...document, paths: { '/v1/status': { get: { responses: 'none' } } } };
  t.false((await check(spoilt)).valid, 'it can tell');
});

test('every reference leads somewhere, and every named schema is used', (t) => {
  const text = JSON.stringify(document);
  const wanted = new Set(
    [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, id]) => id),
  );
  t.deepEqual([...wanted].sort(), Object.keys(document.components.schemas).sort());
  t.notRegex(text, /"\$ref":"(?!#\/components\/schemas\/)/);
  t.notRegex(text, /"\$(id|schema)"/);
});

test('operation ids are the names of the contract, each once', (t) => {
  const ids = operations.map(({ operationId }) => operationId);
  t.deepEqual(ids.slice().sort(), [...Object.keys(api), 'metrics.text', 'openapi'].sort());
});

test('a caller sees what may be left out, what is described, and what an answer surely has', (t) => {
  const created = operation('guest.create').requestBody?.content['application/json']?.schema as {
    required: string[];
    properties: Record<string, { default?: unknown; description?: string }>;
  };
  t.deepEqual(created.required, ['name', 'image', 'host']);
  t.is(created.properties.vcpus?.default, 1);
  t.is(created.properties.cpu?.description, 'which CPU it is shown, for good');
  t.false(operation('guest.stop').requestBody?.required, 'all of it has defaults');
  t.is(operation('guest.start').requestBody, undefined, 'there is nothing to say');
  const force = operation('host.remove').parameters?.find(({ name }) => name === 'force');
  t.like(force, { in: 'query', required: false, schema: { type: 'boolean' } });
  t.regex(force?.description ?? '', /guest may have come/);
  const listed = operation('guest.list').responses[200]?.content?.['application/json']?.schema;
  t.deepEqual(listed, { type: 'array', items: { $ref: '#/components/schemas/ListedGuest' } });
  t.deepEqual(operation('cloud.remove').responses[204], { description: 'Remove a cloud without hosts' });
});

test('refusals are told by status and code, and each is a Problem', (t) => {
  const { responses } = operation('guest.remove');
  t.deepEqual(responses[404]?.['x-codes'], ['guest.not-found']);
  t.deepEqual(responses[409]?.['x-codes'], ['operation.busy', 'guest.not-stopped']);
  for (const { operationId, responses: all } of operations) {
    for (const [status, answer] of Object.entries(all)) {
      if (status.startsWith('2')) continue;
      t.deepEqual(
        answer.content?.['application/json']?.schema,
        { $ref: '#/components/schemas/Problem' },
        `${operationId} ${status}`,
      );
    }
  }
});

test('no route names a code under two kinds', (t) => {
  for (const [name, codes] of Object.entries(routeCodes)) {
    const all = Object.values(codes).flat();
    t.is(new Set(all).size, all.length, name);
  }
});
