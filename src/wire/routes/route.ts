/** A route of the API's contract: what it takes, gives, and answers with. */
import { z } from 'zod';
import type { Needs } from '../access.ts';
import { nameSchema } from '../names.ts';

export const apiVersion = 'v1';

export const none = z.object({});
export const byName = z.object({ name: nameSchema });

type Spec = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  summary: string;
  status: 200 | 201 | 202 | 204;
  params: z.ZodType;
  query: z.ZodType;
  body: z.ZodType;
  response: z.ZodType;
};

type Given = Partial<Pick<Spec, 'params' | 'query' | 'body'>> & {
  needs: Needs;
  /** Fields of the body that the audit log may hold. Of all others it has the names alone, so that no secret comes into it. */
  told?: readonly string[];
};
type Filled<G extends Given> = {
  params: G['params'] extends z.ZodType ? G['params'] : typeof none;
  query: G['query'] extends z.ZodType ? G['query'] : typeof none;
  body: G['body'] extends z.ZodType ? G['body'] : typeof none;
};

/** `line` is method and path, `:name` marking parameters. */
export const route = <R extends z.ZodType, G extends Given>(
  line: `${Spec['method']} /${string}`,
  status: Spec['status'],
  summary: string,
  response: R,
  given: G,
) => {
  const [method, path] = line.split(' ') as [Spec['method'], string];
  const { needs, told = [], ...schemas } = given;
  const filled = { params: none, query: none, body: none, ...schemas } as unknown as Filled<G>;
  return { method, path: `/${apiVersion}${path}`, status, summary, response, needs, told, ...filled };
};
