import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import { openApi } from '../../src/wire/openapi/document.ts';
import { fakeControl } from '../api-client/fake-control.ts';
import { runBlanket } from './run-blanket.ts';

test("api spec prints the API's description, with no control anywhere", async (t) => {
  const fake = await fakeControl(t, {});
  await fake.stop();
  const { code, stdout } = await runBlanket(fake, ['api', 'spec']);
  t.is(code, 0);
  t.true(isDeepStrictEqual(JSON.parse(stdout), JSON.parse(JSON.stringify(openApi()))));
  t.regex((await runBlanket(fake, ['api', 'spec', '-o', 'yaml'])).stdout, /^openapi: 3\.1\./);
});
