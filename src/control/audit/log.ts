/**
 * Appends to the audit log. A line is on the disk before `append` returns, and the head after it, so a crash leaves the log at
 * most one line ahead of its head, or with a last line that has no end; both are told apart from what a person did to it.
 *
 *   found at the start          next line follows
 *   log = head                  the last line
 *   one good line more          that line
 *   a last line without an end  the line before; a `mended` line tells what was cut off
 *   anything else               the head: what is there does not lead to it, and `verify` sees that for good
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import type { Logger } from 'pino';
import {
  type AuditEvent,
  type AuditHead,
  type AuditLine,
  auditLineSchema,
  digestOf,
  emptyHead,
} from '../../wire/audit.ts';
import { BlanketError } from '../../wire/errors.ts';
import { type SigningKey, signingKey } from '../proof/signing-key.ts';
import { readHead, syncDirectory, writeHead } from './head.ts';
import { parseJson } from './parse-json.ts';
import { auditPaths } from './paths.ts';

/** A line is kept below this, so that the last one is always found in the file's last bytes. */
const LONGEST_LINE_BYTES = 64 * 1024;

type Mended = Extract<AuditEvent, { event: 'mended' }>;

export class AuditLog {
  readonly #paths: ReturnType<typeof auditPaths>;
  readonly #key: SigningKey;
  readonly #file: number;
  #head: AuditHead;
  #bytes: number;
  /** The file may hold part of a line beyond `#bytes`. */
  #isUneven = false;

  /** @throws what the file system says */
  constructor(state: string, log: Logger) {
    this.#paths = auditPaths(state);
    this.#key = signingKey(state);
    mkdirSync(this.#paths.directory, { recursive: true, mode: 0o700 });
    const isNew = !existsSync(this.#paths.log);
    this.#file = openSync(this.#paths.log, 'a+', 0o600);
    if (isNew) syncDirectory(this.#paths.directory);
    const torn = cutTorn(this.#file);
    this.#bytes = fstatSync(this.#file).size;
    const { head, mended } = goOnFrom(
      readHead(this.#paths.head, this.#key),
      lastLine(this.#file, this.#bytes),
    );
    this.#head = head;
    for (const event of [...(torn ? [torn] : []), ...(mended ? [mended] : [])]) {
      log.error({ event }, 'the audit log was not as it had been left: see `blanket audit verify`');
      this.append(event);
    }
    if (this.#head.seq === 0) writeHead(this.#paths.head, this.#head, this.#key);
  }

  /** What is in the file now, for whoever reads it while more is written. */
  get end(): { file: string; bytes: number; head: AuditHead } {
    return { file: this.#paths.log, bytes: this.#bytes, head: this.#head };
  }

  /** As it is on the disk now. */
  signedHead(): ReturnType<typeof readHead> {
    return readHead(this.#paths.head, this.#key);
  }

  /** On the disk when it returns. @throws BlanketError `audit.not-written` */
  append(event: AuditEvent): void {
    try {
      if (this.#isUneven) ftruncateSync(this.#file, this.#bytes);
      this.#isUneven = true;
      this.#write(event);
      this.#isUneven = false;
    } catch (cause) {
      throw notWritten(this.#paths.log, cause);
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(event: AuditEvent): void {
    const seq = this.#head.seq + 1;
    const line = JSON.stringify({ seq, previous: this.#head.digest, at: new Date().toISOString(), ...event });
    const bytes = Buffer.from(`${line}\n`);
    if (bytes.length > LONGEST_LINE_BYTES) throw new Error(`A line of ${bytes.length} bytes is too long.`);
    const written = writeSync(this.#file, bytes);
    if (written !== bytes.length) throw new Error(`Only ${written} of ${bytes.length} bytes were written.`);
    fsyncSync(this.#file);
    this.#bytes += bytes.length;
    this.#head = { seq, digest: digestOf(line) };
    writeHead(this.#paths.head, this.#head, this.#key);
  }
}

/** Appending is not enough here: a line that is begun has to end before the next one. */
function cutTorn(file: number): Mended | undefined {
  const { size } = fstatSync(file);
  const tail = tailOf(file, size);
  const end = tail.lastIndexOf('\n') + 1;
  if (end === tail.length) return undefined;
  const rest = tail.subarray(end);
  ftruncateSync(file, size - rest.length);
  fsyncSync(file);
  return { event: 'mended', what: 'torn', bytes: rest.length, digest: digestOf(rest) };
}

function tailOf(file: number, size: number): Buffer {
  const bytes = Buffer.alloc(Math.min(size, 2 * LONGEST_LINE_BYTES));
  readSync(file, bytes, 0, bytes.length, size - bytes.length);
  return bytes;
}

type Last = { head: AuditHead; line: AuditLine | undefined };

function lastLine(file: number, size: number): Last | undefined {
  if (size === 0) return undefined;
  const tail = tailOf(file, size).subarray(0, -1);
  const text = tail.subarray(tail.lastIndexOf('\n') + 1);
  const line = auditLineSchema.safeParse(parseJson(text.toString('utf8'))).data;
  return { head: { seq: line?.seq ?? 0, digest: digestOf(text) }, line };
}

function goOnFrom(
  head: AuditHead | 'none' | 'bad',
  last: Last | undefined,
): { head: AuditHead; mended?: Mended } {
  const mended = (what: Mended['what']): Mended => ({ event: 'mended', what, bytes: 0, digest: null });
  if (head === 'none' || head === 'bad') {
    if (last === undefined && head === 'none') return { head: emptyHead };
    return { head: last?.head ?? emptyHead, mended: mended('no-head') };
  }
  const found = last?.head ?? emptyHead;
  if (found.seq === head.seq && found.digest === head.digest) return { head };
  if (last?.line?.seq === head.seq + 1 && last.line.previous === head.digest) return { head: found };
  return { head, mended: mended('behind') };
}

const notWritten = (file: string, cause: unknown): BlanketError =>
  new BlanketError(
    'audit.not-written',
    'The change was not made: it could not be written to the audit log.',
    {
      next: `See whether ${file} can be written and its disk has room.`,
      data: { file },
      cause,
    },
  );
