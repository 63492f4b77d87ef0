/**
 * A stream on a connection of its own, which closes with it: neither a reader who does not read nor a daemon that
 * takes no input can hold up other calls. A signal goes for the whole stream: aborted, it is destroyed.
 */
import { addAbortSignal } from 'node:stream';
import type { StreamOptions } from './call.ts';
import type { Procedure } from './procedure.ts';
import type { Session } from './session.ts';
import type { ByteStream } from './stream.ts';

export async function openOwnStream<A>(
  session: Session,
  procedure: Procedure<A, void>,
  args: A,
  options: StreamOptions = {},
): Promise<ByteStream> {
  const own = await session.again(options);
  try {
    const stream = await own.openStream(procedure, args, options);
    stream.onOver(() => own.close());
    return options.signal === undefined ? stream : addAbortSignal(options.signal, stream);
  } catch (error) {
    void own.close(); // it may take its time; who aborted has none
    throw error;
  }
}
