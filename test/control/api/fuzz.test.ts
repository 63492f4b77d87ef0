/**
 * The API's own description, turned against it: requests that it allows and requests that it does not, to the real server. A failure
 * prints fast-check's seed and path; FUZZ_SEED plays another, FUZZ_RUNS asks for more of it.
 */
import test from 'ava';
import fc, { type Arbitrary } from 'fast-check';
import type { Problem } from '../../../src/wire/errors.ts';
import type { JsonSchema } from '../../../src/wire/openapi/json-schema.ts';
import { checkAnswer, type Described, described, fits } from './fuzz-check.ts';
import { fuzzRig, type Sent } from './fuzz-rig.ts';
import { anything, valid } from './fuzz-values.ts';

/** The same for everyone, so that a red run is a change's doing and not the day's. */
const seed = Number(process.env.FUZZ_SEED ?? 20_261_123);
const numRuns = Number(process.env.FUZZ_RUNS ?? 12);
/** The longest that a request may ask control to wait, ms. */
const PATIENCE_MS = 20;

const bodySchema = ({ operation }: Described): JsonSchema | undefined =>
  operation.requestBody?.content['application/json']?.schema;

const put = (path: string, values: Record<string, unknown>): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])));

/** Bounded, so that no run waits for an operation that changes no more. */
const queryText = (values: Record<string, unknown>): string => {
  const short =
    'waitMs' in values ? { ...values, waitMs: Math.min(Number(values.waitMs), PATIENCE_MS) } : values;
  const pairs = Object.entries(short).map(([key, value]) => [key, String(value)]);
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
};

function paramsOf({ operation }: Described, place: 'path' | 'query'): Arbitrary<Record<string, unknown>> {
  const all = (operation.parameters ?? []).filter((one) => one.in === place);
  const model = Object.fromEntries(all.map(({ name, schema }) => [name, valid(schema)]));
  const requiredKeys = all.filter(({ required }) => required).map(({ name }) => name);
  // an empty part is no part of a path
  return fc
    .record(model, { requiredKeys })
    .filter((values) => place === 'query' || !Object.values(values).includes(''));
}

const sentOf = (one: Described, path: object, query: object, body: unknown): Sent => ({
  method: one.method,
  path: `${put(one.path, path as Record<string, unknown>)}${queryText(query as Record<string, unknown>)}`,
  ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
});

function allowed(one: Described): Arbitrary<Sent> {
  const schema = bodySchema(one);
  const body = schema === undefined ? fc.constant(undefined) : valid(schema);
  return fc
    .tuple(paramsOf(one, 'path'), paramsOf(one, 'query'), body)
    .map(([path, query, value]) => sentOf(one, path, query, value));
}

/** One field of the body, at any place where it says what it wants, holds what it must not. */
function spoilt(one: Described, schema: JsonSchema): Arbitrary<{ sent: Sent; field: string }> {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>);
  const bad = properties.map(([field, wanted]) =>
    anything.filter((value) => !fits(wanted, value)).map((value) => ({ field, value })),
  );
  return fc
    .tuple(paramsOf(one, 'path'), valid(schema), fc.oneof(...bad))
    .map(([path, body, { field, value }]) => ({
      sent: sentOf(one, path, {}, { ...(body as object), [field]: value }),
      field,
    }));
}

/** The report of a failure, with what plays it again; every operation has its turn, whatever the one before it did. */
async function tried<T>(property: fc.IAsyncProperty<T>, runs = numRuns): Promise<string[]> {
  const details = await fc.check(property, { seed, numRuns: runs, includeErrorInReport: true });
  return details.failed ? [String(await fc.asyncDefaultReportMessage(details))] : [];
}

test('what the description allows is answered as it says, and never by an error of ours', async (t) => {
  t.timeout(300_000);
  const { send } = await fuzzRig(t);
  const failures: string[] = [];
  for (const one of described) {
    failures.push(
      ...(await tried(fc.asyncProperty(allowed(one), async (sent) => checkAnswer(one, await send(sent))))),
    );
  }
  t.deepEqual(failures, []);
});

test('a field that is not as described is refused by its name', async (t) => {
  t.timeout(300_000);
  const { send } = await fuzzRig(t);
  const failures: string[] = [];
  for (const one of described) {
    const schema = bodySchema(one);
    if (schema === undefined) continue;
    const property = fc.asyncProperty(spoilt(one, schema), async ({ sent, field }) => {
      const answer = await send(sent);
      checkAnswer(one, answer);
      const { code, data } = JSON.parse(answer.body) as Problem;
      if (code !== 'api.bad-request') throw new Error(`${field} was let through: ${answer.body}`);
      const fields = (data?.fields ?? []) as string[];
      if (fields.some((name) => name === field || name.startsWith(`${field}.`))) return;
      throw new Error(`${field} is not named: ${answer.body}`);
    });
    failures.push(...(await tried(property)));
  }
  t.deepEqual(failures, []);
});

test('parts of paths that are anything at all are answered with a problem, or with what is there', async (t) => {
  t.timeout(300_000);
  const { send } = await fuzzRig(t);
  const withPart = described.filter(({ path }) => path.includes('{'));
  const part = fc
    .oneof(
      fc.string({ unit: 'binary', maxLength: 120 }),
      fc.constantFrom('..', '.', 'a/b', '\u0000', '%', 'A', '-'),
    )
    .map((text) => (text.isWellFormed() ? encodeURIComponent(text) : '%ff'))
    .filter((text) => text !== '');
  const property = fc.asyncProperty(fc.constantFrom(...withPart), part, async ({ path, method }, text) => {
    const { status, body } = await send({ method, path: path.replace(/\{\w+\}/g, text) });
    if (status < 400) return;
    const { code } = JSON.parse(body) as Problem;
    if (status >= 500 || code === 'internal.unexpected') throw new Error(body);
  });
  t.deepEqual(await tried(property, numRuns * 30), []);
});
