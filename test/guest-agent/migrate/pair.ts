/** Two agents with engines that have no hypervisor, and a guest between them. */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { keepSpec } from '../../../src/guest-agent/guests.ts';
import { digestOf } from '../../../src/guest-agent/images.ts';
import { migrateHandlers } from '../../../src/guest-agent/methods/migrate.ts';
import { run } from '../../../src/process/run.ts';
import type { AgentMethod, AgentParams, AgentResult } from '../../../src/wire/agent.ts';
import { agentMethods } from '../../../src/wire/agent-methods.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import type { GuestSpec } from '../../../src/wire/guest-spec.ts';
import { guestSpec, scratchPaths } from '../spec.ts';
import { type FakeHost, fakeHost } from './fake-engine.ts';

export type Migrate = Extract<AgentMethod, `migrate.${string}`>;
export type Pair = { source: FakeHost; destination: FakeHost; spec: GuestSpec };

export const id = { operation: 'op-1', guest: 'traveller' };
export const call = <M extends Migrate>(
  host: FakeHost,
  method: M,
  params: AgentParams<M>,
  progress: (value: unknown) => void = () => undefined,
): Promise<AgentResult<M>> => {
  const handler = migrateHandlers(host.context)[method] as (
    p: unknown,
    c: unknown,
  ) => Promise<AgentResult<M>>;
  const checked = agentMethods[method].params.parse(params);
  return handler(checked, { progress, signal: new AbortController().signal });
};

/** Two hosts with the same image; the guest runs on the first. */
export async function pair(): Promise<Pair> {
  const image = join(scratchPaths().state, 'image.qcow2');
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', image, '1M']);
  const spec = guestSpec({ image: await digestOf(image), nics: [] });
  const [source, destination] = [fakeHost(), fakeHost()];
  for (const { context } of [source, destination]) {
    mkdirSync(context.paths.images, { recursive: true });
    copyFileSync(image, context.paths.image(spec.image));
  }
  await keepSpec(source.context, spec);
  mkdirSync(source.context.paths.diskFolder(spec.name), { recursive: true });
  copyFileSync(image, source.context.paths.disk(spec.name));
  source.states.set(spec.name, 'running');
  return { source, destination, spec };
}

export async function prepared({ source, destination, spec }: Pair) {
  const begun = await call(source, 'migrate.begin', id);
  const ready = await call(destination, 'migrate.prepare', {
    ...id,
    ...begun,
    spec,
    listenAddress: '10.90.0.2',
  });
  return { ...ready, xml: begun.xml, maxDowntimeMs: 400 };
}

export async function copying(pair: Pair) {
  const wish = await prepared(pair);
  const copy = call(pair.source, 'migrate.perform', { ...id, ...wish });
  copy.catch(() => undefined); // each test looks at it in its own time
  while (pair.source.copy === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
  return { wish, copy };
}

export async function performed(pair: Pair) {
  const { copy } = await copying(pair);
  pair.source.copy?.end();
  return copy;
}

export const diskOf = ({ context }: FakeHost) => existsSync(context.paths.disk(id.guest));
export const codeOf = async (t: ExecutionContext, work: Promise<unknown>) =>
  (await t.throwsAsync(work, { instanceOf: BlanketError }))?.code;
