/**
 * An image is brought to a host that lacks it: by the nearest host that has it, agent to agent in the tunnel, and by control
 * when none can. So each cloud's way to control carries an image once, and not once a host.
 */
import { randomBytes } from 'node:crypto';
import { BlanketError } from '../../wire/errors.ts';
import { imageProgressSchema } from '../../wire/methods/image-transfer.ts';
import { reach } from '../agents/reach.ts';
import type { PhaseContext } from '../run-phases.ts';
import type { Services } from '../services.ts';
import { uploadImage } from './image-store.ts';
import { holdersFor } from './nearest.ts';

type Watcher = Pick<PhaseContext<never>, 'progress' | 'signal'>;

/** When so many could not give it, the fourth is no likelier to. */
const MOST_TRIED = 3;
const OFFER_MS = 30_000;
/** How long a holder waits for the first byte to be asked for, and after a broken line for the next. */
const IDLE_MS = 60_000;
/** How long a broken line to the agent is repaired while the fetch itself goes on. */
const PATIENCE_MS = 120_000;
/** A copy may take as long as it takes; this is the longest a timer can be. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

async function fetchFrom(
  { agents }: Services,
  holder: string,
  host: string,
  digest: string,
  { progress, signal }: Watcher,
): Promise<void> {
  const token = randomBytes(32).toString('hex');
  const offer = { digest, token, idleMs: IDLE_MS };
  const { address, port } = await agents.call(holder, 'image.offer', offer, { timeoutMs: OFFER_MS, signal });
  const message = `${host} fetches the image from ${holder}`;
  const onProgress = (value: unknown) => progress({ message, ...imageProgressSchema.parse(value) });
  const options = { signal, onProgress, timeoutMs: NO_TIMEOUT_MS };
  const fetch = () => agents.call(host, 'image.fetch', { digest, from: { address, port, token } }, options);
  await reach(fetch, PATIENCE_MS);
}

/** A full disk is as full for an upload. */
const isFinal = (error: unknown, signal: AbortSignal): boolean =>
  signal.aborted || (error instanceof BlanketError && error.code === 'host.disk-full');

/** Brings an image to a host unless it is there. @throws BlanketError `image.gone`, `host.disk-full`, or as the agent says. */
export async function ensureImage(
  services: Services,
  host: string,
  digest: string,
  watcher: Watcher,
): Promise<void> {
  const { images } = await services.agents.call(host, 'image.list', {});
  if (images.some((image) => image.digest === digest)) return;
  for (const { name } of (await holdersFor(services, host, digest)).slice(0, MOST_TRIED)) {
    try {
      return await fetchFrom(services, name, host, digest, watcher);
    } catch (error) {
      if (isFinal(error, watcher.signal)) throw error;
      services.log.warn({ host, holder: name, digest, err: error }, 'image not fetched from there');
    }
  }
  await uploadImage(services, host, digest, watcher.progress);
}
