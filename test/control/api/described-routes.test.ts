import test from 'ava';
import { pino } from 'pino';
import { makeServer } from '../../../src/control/api/server.ts';
import { openApi } from '../../../src/wire/openapi/document.ts';
import { rig } from '../network/rig.ts';

/** `METHOD path` of each line of fastify's tree, where a line holds what its path has beside that of the line above it. */
function servedBy(tree: string): string[] {
  const above: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', part = '', methods = ''] =
      /^(.*?)[├└]── (\S*)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? [];
    above.splice(indent.length / 4, Number.POSITIVE_INFINITY, part);
    const path = above.join('').replace(/:(\w+)/g, '{$1}');
    // HEAD is fastify's own answer beside every GET
    return methods
      .split(', ')
      .flatMap((method) => (['', 'HEAD'].includes(method) ? [] : [`${method} ${path}`]));
  });
}

test('the description has every route of the server, and no other', async (t) => {
  const { services } = rig(t);
  const server = await makeServer(services, pino({ level: 'silent' }));
  t.teardown(() => server.close());
  await server.ready();
  const served = servedBy(server.printRoutes({ commonPrefix: false }));
  const described = Object.entries(openApi().paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  t.true(served.length > 50);
  t.deepEqual(served.sort(), described.sort());
});

test('control serves the description that the contract gives', async (t) => {
  const { services } = rig(t);
  const server = await makeServer(services, pino({ level: 'silent' }));
  t.teardown(() => server.close());
  const answer = await server.inject({ url: '/openapi.json' });
  t.is(answer.statusCode, 200);
  t.regex(String(answer.headers['content-type']), /^application\/json/);
  t.true(answer.body === JSON.stringify(openApi()));
});
