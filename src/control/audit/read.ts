/** Reads the audit log's lines as bytes, however long it is, up to a given place. */
import { createReadStream, existsSync } from 'node:fs';

export type RawLine = { bytes: Buffer; ended: boolean };

/** Nothing when the file is gone. @param upTo bytes of the file to read */
export async function* linesOf(file: string, upTo: number): AsyncGenerator<RawLine> {
  if (upTo === 0 || !existsSync(file)) return;
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of createReadStream(file, { end: upTo - 1 }) as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
      yield { bytes: rest.subarray(0, end), ended: true };
      rest = rest.subarray(end + 1);
    }
  }
  if (rest.length > 0) yield { bytes: rest, ended: false };
}
