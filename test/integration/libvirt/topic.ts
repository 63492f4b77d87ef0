/**
 * A topic: tests that share a server and what they set up on it. Played against any server, they also keep account
 * of which calls each of them made with success.
 */
import test, { type ExecutionContext } from 'ava';
import { accountOf, check, witnessed } from './covered.ts';
import type { Server } from './server.ts';

export type Topic<C> = {
  /** Also a file's name: lower case and hyphens. */
  name: string;
  setUp(server: Server): Promise<C>;
  /** One after the other, in this order. */
  tests: Readonly<Record<string, (t: ExecutionContext, context: C) => Promise<void>>>;
  tearDown(context: C): Promise<void>;
};

/** Declares the topic's tests. `open` is called once; the server is stopped when they are over. */
export function play<C>(topic: Topic<C>, open: () => Promise<Server>): void {
  let server: Server | undefined;
  let context: { value: C } | undefined;
  const account = accountOf(topic.name);
  test.before(async () => {
    server = await open();
    const own = server;
    context = { value: await witnessed(account, '(set-up)', () => topic.setUp(own)) };
  });
  for (const [title, action] of Object.entries(topic.tests)) {
    test.serial(`${topic.name}: ${title}`, async (t) => {
      if (context === undefined) throw new Error('The set-up failed.');
      const { value } = context;
      await witnessed(account, title, () => action(t, value));
    });
  }
  test.serial(`${topic.name}: the account of what these tests cover is true`, async (t) => {
    if (server === undefined) throw new Error('There is no server.');
    await check(t, server, account);
  });
  test.after.always(async () => {
    if (context !== undefined) await topic.tearDown(context.value);
    await server?.stop();
  });
}
