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

type Stage<C> = { server: Server; context: C };

/** Declares the topic's tests. `open` is called once, with the first of them; with the last the server is stopped. */
export function play<C>(topic: Topic<C>, open: () => Promise<Server>): void {
  const account = accountOf(topic.name);
  let opened: Promise<Stage<C>> | undefined;
  const stage = (): Promise<Stage<C>> => {
    opened ??= openStage(topic, open, (set) => witnessed(account, '(set-up)', set));
    return opened;
  };
  for (const [title, action] of Object.entries(topic.tests)) {
    test.serial(`${topic.name}: ${title}`, async (t) => {
      const { context } = await stage();
      await witnessed(account, title, () => action(t, context));
    });
  }
  test.serial(`${topic.name}: the account of what these tests cover is true`, async (t) => {
    const { server, context } = await stage();
    await check(t, server, account);
    opened = undefined;
    await topic.tearDown(context).finally(() => server.stop());
  });
  test.after.always(async () => {
    if (opened === undefined) return;
    const { server, context } = await opened; // only when a run was cut short, or the check failed
    await topic.tearDown(context).finally(() => server.stop());
  });
}

async function openStage<C>(
  { setUp }: Topic<C>,
  open: () => Promise<Server>,
  witness: (set: () => Promise<C>) => Promise<C>,
): Promise<Stage<C>> {
  const server = await open();
  try {
    return { server, context: await witness(() => setUp(server)) };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
