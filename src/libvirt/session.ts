/** One opened connection, as the files that give calls their meaning see it. */
import type { CallOptions, StreamOptions } from './call.ts';
import type { Procedure } from './procedure.ts';
import type { ByteStream } from './stream.ts';

export type Session = {
  call<A, R>(procedure: Procedure<A, R>, args: A, options?: CallOptions): Promise<R>;
  openStream<A>(procedure: Procedure<A, void>, args: A, options?: StreamOptions): Promise<ByteStream>;
  /** Opens another connection to the same daemon, with the same driver. @throws why this one is lost, if it is. */
  again(options?: CallOptions): Promise<Session>;
  close(): Promise<void>;
};
