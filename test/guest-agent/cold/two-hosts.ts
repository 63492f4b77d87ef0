/** Two agents with disks on this machine's own; the guest lies stopped on the first. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fetch } from '../../../src/guest-agent/cold/cold.ts';
import { keepSpec } from '../../../src/guest-agent/guests.ts';
import type { Call } from '../../../src/guest-agent/handlers.ts';
import { digestOf } from '../../../src/guest-agent/images.ts';
import { coldHandlers } from '../../../src/guest-agent/methods/cold.ts';
import { guestHandlers } from '../../../src/guest-agent/methods/guest.ts';
import { migrateHandlers } from '../../../src/guest-agent/methods/migrate.ts';
import { createOverlay } from '../../../src/guest-agent/qemu-img.ts';
import { writeState } from '../../../src/guest-agent/state-file.ts';
import { run } from '../../../src/process/run.ts';
import type { ColdOffer } from '../../../src/wire/methods/cold.ts';
import { type FakeHost, fakeHost } from '../migrate/fake-engine.ts';
import { guestSpec, scratchPaths } from '../spec.ts';
import { tunnel } from '../tunnel/config.ts';

const mebi = 2 ** 20;
export const id = { operation: 'op-1', guest: 'traveller' };

export const quiet: Call = { progress: () => undefined, signal: new AbortController().signal };

const methodsOf = ({ context }: FakeHost) => ({
  ...coldHandlers(context),
  ...migrateHandlers(context),
  ...guestHandlers(context),
});

export type Pair = Awaited<ReturnType<typeof pair>>;

/** Its root disk has 2 MiB of data, far apart. */
export async function pair() {
  const folder = scratchPaths().state;
  const image = join(folder, 'image.qcow2');
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', image, '64M']);
  const spec = guestSpec({ image: await digestOf(image), nics: [] });
  const [source, destination] = [fakeHost(), fakeHost()];
  for (const { context } of [source, destination]) {
    mkdirSync(context.paths.images, { recursive: true });
    copyFileSync(image, context.paths.image(spec.image));
    await writeState(context.paths.tunnel, tunnel({ address: '127.0.0.1' }));
  }
  const { paths } = source.context;
  await keepSpec(source.context, spec);
  mkdirSync(paths.diskFolder(spec.name), { recursive: true });
  await createOverlay(paths.disk(spec.name), paths.image(spec.image), spec.diskBytes);
  await writeData(paths.disk(spec.name), folder);
  source.states.set(spec.name, 'stopped');
  const fetchOffer = (offer: ColdOffer, call: Call = quiet) =>
    fetch(destination.context, { ...id, spec, offer }, call);
  return { source, destination, spec, fetchOffer, at: methodsOf };
}

async function writeData(disk: string, folder: string): Promise<void> {
  const data = join(folder, 'data');
  const file = await open(data, 'w');
  await file.write(Buffer.alloc(mebi, 'first'), 0, mebi, mebi);
  await file.write(Buffer.alloc(mebi, 'last'), 0, mebi, 40 * mebi);
  await file.truncate(64 * mebi);
  await file.close();
  await run('qemu-img', ['convert', '-n', '--target-is-zero', '-f', 'raw', '-O', 'qcow2', data, disk]);
}
