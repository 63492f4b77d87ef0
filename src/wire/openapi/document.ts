/**
 * The API's description in OpenAPI 3.1, made from the contract and nothing else: every route with what it takes, gives, and says
 * no with. Pure, so that it can be printed without a control.
 */
import type { z } from 'zod';
import { api, openApiPath, type RouteName } from '../api.ts';
import { type ErrorKind, statusOf } from '../errors.ts';
import { metricsContentType, metricsTextPath } from '../metrics.ts';
import { joined, requestCodes, routeCodes } from '../routes/codes.ts';
import { version } from '../version.ts';
import { answerSchemas, inputSchema, type JsonSchema, problemRef } from './json-schema.ts';

type Content = {
  description: string;
  content?: Record<string, { schema: JsonSchema }>;
  'x-codes'?: string[];
};
type Parameter = {
  name: string;
  in: 'path' | 'query';
  required: boolean;
  description?: string;
  schema: JsonSchema;
};
export type OpenApiOperation = {
  operationId: string;
  summary: string;
  tags: string[];
  parameters?: Parameter[];
  requestBody?: { required: boolean; content: Record<string, { schema: JsonSchema }> };
  responses: Record<string, Content>;
};
export type OpenApi = {
  openapi: string;
  info: {
    title: string;
    description: string;
    version: string;
    license: { name: string; identifier: string };
  };
  servers: { url: string; description: string }[];
  tags: { name: string }[];
  paths: Record<string, Record<string, OpenApiOperation>>;
  components: { schemas: Record<string, JsonSchema> };
};

const json = (schema: JsonSchema) => ({ 'application/json': { schema } });
/** `:name` is fastify's way to mark a parameter, `{name}` is OpenAPI's. */
const templateOf = (path: string): string => path.replace(/:(\w+)/g, '{$1}');
const areaOf = (name: string): string => name.split('.')[0] ?? name;

const description =
  "Your own hypervisor on other people's clouds. Long work answers 202 with an operation; ask `/v1/operations/{id}` with `since` " +
  'to wait for its next change. Whatever goes wrong is answered with a Problem: its code is stable, its kind decides the status.';

export function openApi(): OpenApi {
  const names = Object.keys(api) as RouteName[];
  const responses = Object.fromEntries(names.map((name) => [name, api[name].response]));
  const { answers, components } = answerSchemas<string>(responses);
  const paths: OpenApi['paths'] = {};
  for (const name of names) {
    const path = templateOf(api[name].path);
    paths[path] = {
      ...paths[path],
      [api[name].method.toLowerCase()]: operationOf(name, answers[name] ?? {}),
    };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Blanket',
      description,
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [
      { url: 'http://control', description: "control's Unix socket; the host's name does not matter" },
    ],
    tags: [...new Set(names.map(areaOf)), 'openapi'].map((name) => ({ name })),
    paths: { ...paths, ...plainPaths },
    components: { schemas: components },
  };
}

const takesBody = (method: string): boolean => method === 'POST' || method === 'PUT';

function operationOf(name: RouteName, answer: JsonSchema): OpenApiOperation {
  const { method, summary, status, params, query, body } = api[name];
  const parameters = [...parametersOf('path', params), ...parametersOf('query', query)];
  const schema = inputSchema(body);
  const fields = Object.keys((schema.properties ?? {}) as object);
  const hasBody = takesBody(method) && fields.length > 0;
  const required = Array.isArray(schema.required) && schema.required.length > 0;
  const done: Content = { description: summary, ...(status !== 204 && { content: json(answer) }) };
  return {
    ...{ operationId: name, summary, tags: [areaOf(name)] },
    ...(parameters.length > 0 && { parameters }),
    ...(hasBody && { requestBody: { required, content: json(schema) } }),
    responses: { [status]: done, ...refusals(name, parameters.length > 0 || hasBody) },
  };
}

function parametersOf(place: Parameter['in'], given: z.ZodType): Parameter[] {
  const { properties = {}, required = [] } = inputSchema(given) as {
    properties?: Record<string, JsonSchema & { description?: string }>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description: about, ...schema }]) => ({
    ...{ name, in: place, required: place === 'path' || required.includes(name) },
    ...(about !== undefined && { description: about }),
    schema,
  }));
}

/** Why a route says no, by status. What is left, such as what a host reports, is a Problem as well. */
function refusals(name: RouteName, takesInput: boolean): Record<string, Content> {
  const { method } = api[name];
  const bad: [number, string][] = Object.entries(requestCodes).flatMap(
    ([code, status]): [number, string][] => {
      if (status === 400) return takesInput ? [[status, code]] : [];
      return takesBody(method) && status > 405 ? [[status, code]] : [];
    },
  );
  const own = Object.entries(joined(routeCodes[name])).flatMap(([kind, codes]) =>
    codes.map((code): [number, string] => [statusOf(kind as ErrorKind), code]),
  );
  const byStatus = Map.groupBy([...bad, ...own], ([status]) => status);
  const described = [...byStatus].map(([status, pairs]): [string, Content] => {
    const codes = pairs.map(([, code]) => code);
    return [
      `${status}`,
      {
        description: codes.map((code) => `\`${code}\``).join(', '),
        content: json(problemRef),
        'x-codes': codes,
      },
    ];
  });
  return {
    ...Object.fromEntries(described),
    default: { description: 'Any other problem', content: json(problemRef) },
  };
}

const problems = { default: { description: 'A problem', content: json(problemRef) } };

/** Beside the contract: what scrapers and tools ask for, outside of the API's version. */
const plainPaths: OpenApi['paths'] = {
  [metricsTextPath]: {
    get: {
      ...{
        operationId: 'metrics.text',
        summary: "The same for scrapers, in Prometheus' text format",
        tags: ['metrics'],
      },
      responses: {
        200: { description: 'Metrics', content: { [metricsContentType]: { schema: { type: 'string' } } } },
        ...problems,
      },
    },
  },
  [openApiPath]: {
    get: {
      ...{ operationId: 'openapi', summary: 'This document', tags: ['openapi'] },
      responses: { 200: { description: 'OpenAPI 3.1', content: json({ type: 'object' }) }, ...problems },
    },
  },
};
