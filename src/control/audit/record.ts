/** What of a request comes into the audit log: who and what, and of the body only what the contract lets be told. */
import { randomUUID } from 'node:crypto';
import { api, type RouteName } from '../../wire/api.ts';
import { type AuditEvent, digestOf, type Who } from '../../wire/audit.ts';
import { problemSchema } from '../../wire/errors.ts';
import { parseJson } from './parse-json.ts';

export type Asked = Extract<AuditEvent, { event: 'asked' }>;
type Answered = Extract<AuditEvent, { event: 'answered' }>;

/** Of one field, as JSON; what is longer is told by its digest. */
const MOST_CHARACTERS = 2048;

export type Request = { params: unknown; query: unknown; body: unknown };

export function askedOf(route: RouteName, who: Who, from: string, request: Request): Asked {
  const { told } = api[route];
  const fields = Object.entries(request.body ?? {}).filter(([, value]) => value !== undefined);
  const mayTell = ([name]: [string, unknown]) => told.includes(name);
  return {
    ...{ event: 'asked', request: randomUUID(), who, from, route },
    params: shortened(Object.entries(request.params ?? {})),
    query: shortened(Object.entries(request.query ?? {}).filter(([, value]) => value !== undefined)),
    body: shortened(fields.filter(mayTell)),
    untold: fields.filter((field) => !mayTell(field)).map(([name]) => name.slice(0, MOST_CHARACTERS)),
  };
}

const shortened = (fields: [string, unknown][]): Record<string, unknown> =>
  Object.fromEntries(
    fields.map(([name, value]) => {
      const text = JSON.stringify(value);
      return [name, text.length <= MOST_CHARACTERS ? value : digestOf(text)];
    }),
  );

/** @param payload what is about to be sent */
export function answerTo({ request }: Asked, status: number, payload: unknown): Answered {
  const answer = typeof payload === 'string' ? parseJson(payload) : undefined;
  const { code = null } = status >= 400 ? (problemSchema.safeParse(answer).data ?? {}) : {};
  const isOperation = status === 202 && typeof answer === 'object' && answer !== null && 'id' in answer;
  return { event: 'answered', request, status, code, operation: isOperation ? String(answer.id) : null };
}
