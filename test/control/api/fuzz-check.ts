/** The description as a judge of answers. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { default as formats } from 'ajv-formats';
import type { Problem } from '../../../src/wire/errors.ts';
import { type OpenApiOperation, openApi } from '../../../src/wire/openapi/document.ts';
import type { JsonSchema } from '../../../src/wire/openapi/json-schema.ts';
import type { Answered } from './fuzz-rig.ts';

export type Described = { path: string; method: string; operation: OpenApiOperation };

const document = openApi();

export const described: Described[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
for (const family of ['cidrv4', 'cidrv6']) ajv.addFormat(family, true); // their patterns say it
ajv.addSchema(document, 'api');

const compiled = new Map<string, ValidateFunction>();
const escaped = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

function judgeOf(...keys: string[]): ValidateFunction {
  const pointer = keys.map((key) => `/${encodeURIComponent(escaped(key))}`).join('');
  const known = compiled.get(pointer) ?? ajv.compile({ $ref: `api#${pointer}` });
  compiled.set(pointer, known);
  return known;
}

/** Whether a value is what a schema of the description wants. */
export const fits = (schema: JsonSchema, value: unknown): boolean => ajv.validate(schema, value);

function need(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** @throws Error when an answer is not what the description has for it. */
export function checkAnswer(
  { path, method, operation }: Described,
  { status, headers, body }: Answered,
): void {
  const place = `${method} ${path} answered ${status}: ${body.slice(0, 600)}`;
  const key = String(status) in operation.responses ? String(status) : 'default';
  const content = operation.responses[key]?.content;
  need(key !== 'default' || status >= 500, `not described: ${place}`);
  need(content !== undefined || body === '', `a body, and none is described: ${place}`);
  if (content === undefined) return;
  const type = Object.keys(content)[0] ?? '';
  need(
    String(headers['content-type']).startsWith(type.split(';')[0] ?? ''),
    `another content type: ${place}`,
  );
  if (!type.startsWith('application/json')) return;
  const value: unknown = JSON.parse(body);
  const judge = judgeOf('paths', path, method.toLowerCase(), 'responses', key, 'content', type, 'schema');
  need(judge(value), `${ajv.errorsText(judge.errors)}: ${place}`);
  if (status >= 400) checkProblem(operation, key, value as Problem, place);
}

function checkProblem({ responses }: OpenApiOperation, key: string, problem: Problem, place: string): void {
  need(problem.code !== 'internal.unexpected', `an error of ours: ${place}`);
  const codes = responses[key]?.['x-codes'];
  need(
    key === 'default' || codes?.includes(problem.code) === true || Number(key) >= 500,
    `another code: ${place}`,
  );
  need(/[.?!]$/.test(problem.message), `no full sentence: ${place}`);
}
