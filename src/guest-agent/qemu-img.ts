/** `qemu-img`, as far as disks need it. */
import { z } from 'zod';
import { CommandError, run } from '../process/run.ts';
import { BlanketError } from '../wire/errors.ts';

const infoSchema = z
  .object({ format: z.string(), 'backing-filename': z.string().optional() })
  .transform((info) => ({ format: info.format, backingFile: info['backing-filename'] }));
export type ImageInfo = z.infer<typeof infoSchema>;

/** Creating takes no data; on a slow emulated host the program alone takes seconds. */
const timeoutMs = 60_000;

function fromCommand(error: unknown, doing: string): never {
  if (error instanceof CommandError && /No space left/.test(error.stderr)) {
    throw new BlanketError('host.disk-full', `This host's disk is full: ${doing} failed.`, {
      next: 'Remove guests or images from this host, or give it a larger disk.',
      cause: error,
    });
  }
  throw new BlanketError('disk.failed', `${doing} failed.`, { cause: error });
}

/** Also for a disk that a running guest has open (`-U`). @throws BlanketError `disk.failed` */
export async function imageInfo(path: string): Promise<ImageInfo> {
  try {
    const { stdout } = await run('qemu-img', ['info', '-U', '--output=json', path], { timeoutMs });
    return infoSchema.parse(JSON.parse(stdout));
  } catch (error) {
    return fromCommand(error, `Reading ${path}`);
  }
}

/** @throws BlanketError `host.disk-full`, `disk.failed` */
async function qemuImg(args: readonly string[], doing: string): Promise<void> {
  try {
    await run('qemu-img', args, { timeoutMs });
  } catch (error) {
    fromCommand(error, doing);
  }
}

/** @throws BlanketError `host.disk-full`, `disk.failed` */
export const createOverlay = (path: string, image: string, bytes: number): Promise<void> =>
  qemuImg(['create', '-q', '-f', 'qcow2', '-b', image, '-F', 'qcow2', path, String(bytes)], `Making ${path}`);

/** @throws BlanketError `host.disk-full`, `disk.failed` */
export const createEmpty = (path: string, bytes: number): Promise<void> =>
  qemuImg(['create', '-q', '-f', 'qcow2', path, String(bytes)], `Making ${path}`);

/** Of a disk that nothing has open; it never shrinks. @throws BlanketError `host.disk-full`, `disk.failed` */
export const growFile = (path: string, bytes: number): Promise<void> =>
  qemuImg(['resize', '-q', '-f', 'qcow2', path, String(bytes)], `Growing ${path}`);

/** Names another path of the same image in a disk's header; no data is touched. @throws BlanketError `disk.failed` */
export const pointAt = (path: string, image: string): Promise<void> =>
  qemuImg(
    ['rebase', '-q', '-u', '-f', 'qcow2', '-b', image, '-F', 'qcow2', path],
    `Naming the image of ${path}`,
  );
