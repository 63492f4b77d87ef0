/**
 * What can go wrong: the daemon says no (`LibvirtError`), there is no connection (`LibvirtConnectionError`),
 * or bytes and values do not fit each other (`XdrError`).
 */
import { errorCodes } from './error-codes.ts';

/** A value that cannot be encoded, or bytes that cannot be decoded. */
export class XdrError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'XdrError';
  }
}

export type LostReason = 'connect' | 'auth' | 'closed' | 'protocol' | 'keepalive';

/** There is no connection, or no longer one. Nothing is known of the calls that were under way. */
export class LibvirtConnectionError extends Error {
  readonly reason: LostReason;

  constructor(reason: LostReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'LibvirtConnectionError';
    this.reason = reason;
  }
}

/** The daemon's error as it comes over the wire (struct virNetMessageError in virnetprotocol.x). */
export type ErrorReport = {
  code: number;
  domain: number;
  message: string | undefined;
  level: number;
  str1: string | undefined;
  str2: string | undefined;
  str3: string | undefined;
  int1: number;
  int2: number;
};

const namesOfCodes = new Map<number, string>(Object.entries(errorCodes).map(([name, code]) => [code, name]));

/** The daemon answered a call, or ended a stream, with an error. */
export class LibvirtError extends Error {
  /** One of `errorCodes`, or a newer daemon's number. */
  readonly code: number;
  /** The key of `code` in `errorCodes`, e.g. `noDomain`; `unknown` for a newer daemon's number. */
  readonly codeName: string;
  /** The part of libvirt that failed (virErrorDomain), e.g. 10 for its QEMU driver. */
  readonly domain: number;
  /** 1 for a warning, 2 for an error (virErrorLevel). */
  readonly level: number;
  /** The call that failed, e.g. `domainDefineXmlFlags`. */
  readonly procedure: string;
  readonly details: { strings: (string | undefined)[]; numbers: number[] };

  constructor(procedure: string, report: ErrorReport) {
    super(report.message ?? `libvirt reported error ${report.code} without a message`);
    this.name = 'LibvirtError';
    this.code = report.code;
    this.codeName = namesOfCodes.get(report.code) ?? 'unknown';
    this.domain = report.domain;
    this.level = report.level;
    this.procedure = procedure;
    this.details = {
      strings: [report.str1, report.str2, report.str3],
      numbers: [report.int1, report.int2],
    };
  }
}

/** Whether `error` is the daemon's, and, when codes are given, has one of them. */
export const isLibvirtError = (error: unknown, ...codes: number[]): error is LibvirtError =>
  error instanceof LibvirtError && (codes.length === 0 || codes.includes(error.code));
