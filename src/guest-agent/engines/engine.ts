/**
 * The uniform top half: what an engine does, whichever it is. Every engine shows a guest the same machine and
 * is asked for it in the same words; only its own files know its hypervisor.
 */
import type { Duplex } from 'node:stream';
import type { CopyWay } from '../../wire/copy-way.ts';
import type { EngineCpu } from '../../wire/cpu.ts';
import type { GuestSpec, guestStates } from '../../wire/guest-spec.ts';
import type { DestinationSurvey, SourceSurvey } from '../../wire/methods/plan.ts';
import type { MigrationStats, PostCopyState } from '../../wire/migration.ts';
import type { EngineName } from '../../wire/names.ts';

export type GuestState = (typeof guestStates)[number];
export type GuestView = { name: string; uuid: string; state: GuestState };

export type PrepareInput = {
  xml: string;
  cookie: Uint8Array;
  listenAddress: string;
  way?: CopyWay | undefined;
};
export type PerformInput = { xml: string; cookie: Uint8Array; uri: string; bandwidth?: number | undefined };
export type LastInput = { cookie: Uint8Array; cancelled: boolean };

/**
 * One side of one guest's migration, held open from its first call to its last: the hypervisor cleans
 * up a side whose holder goes away.
 */
export type MigrationSide = {
  /** @param way of the copy that is to come; the side keeps it. */
  begin(way?: CopyWay): Promise<{ xml: string; cookie: Uint8Array }>;
  prepare(input: PrepareInput): Promise<{ uri: string; cookie: Uint8Array }>;
  /** The hypervisor's own word that the guest goes on here, after `prepare`; it comes before `finish` resolves. */
  onRunning(listener: () => void): void;
  /**
   * Resolves when everything has been sent and the guest is paused, or has gone ahead in post-copy. `stillMs`: how long the guest
   * has stood still by then, in a way that may end in post-copy and where the hypervisor said when that began.
   */
  perform(input: PerformInput): Promise<{ cookie: Uint8Array; stillMs?: number }>;
  finish(input: LastInput): Promise<{ cookie: Uint8Array }>;
  confirm(input: LastInput): Promise<void>;
  /** Of the copy under way; `undefined` when there is none yet. */
  stats(): Promise<MigrationStats | undefined>;
  /** Of the copy that has ended, with the downtime where it is known; `undefined` when the hypervisor no longer knows. */
  finalStats(): Promise<MigrationStats | undefined>;
  setMaxDowntime(ms: number): Promise<void>;
  /** Pauses the guest under way; it goes on at the destination, or here when the copy fails. */
  pause(): Promise<void>;
  /**
   * Lets the guest go over at once, its memory after it; of a copy whose way has `postcopy`, once its memory's turn has come.
   * `perform` then resolves. From here on only the destination can run the guest.
   */
  startPostCopy(): Promise<void>;
  /** Stops the copy; `perform` then rejects. Nothing happens when there is none. */
  abort(): Promise<void>;
  close(): Promise<void>;
  /** False once the hypervisor's connection is gone, and with it this side of the migration. */
  isOpen(): boolean;
};

export type Engine = {
  versions(): Promise<{ libvirt: string; hypervisor: string }>;
  /** What this host can show a guest. @param engine which of the engines it stands for. */
  cpu(engine: EngineName): Promise<EngineCpu>;
  list(): Promise<GuestView[]>;
  /** `absent` when the engine does not know the guest. */
  state(guest: string): Promise<GuestState>;
  /** Makes the guest known; its disk is already there. Again with the same spec changes nothing. */
  define(spec: GuestSpec): Promise<void>;
  start(guest: string): Promise<void>;
  resume(guest: string): Promise<void>;
  /** Asks the guest to shut down and does not wait. */
  shutdown(guest: string): Promise<void>;
  /** Ends it at once; nothing happens when it does not run. */
  destroy(guest: string): Promise<void>;
  undefine(guest: string): Promise<void>;
  /** Keeps the definition of a running guest, so that it survives a stop. */
  persist(guest: string): Promise<void>;
  /** Makes a disk of a running guest larger, and tells the guest. @param target `vda` and so on. @param bytes the new size */
  growDisk(guest: string, target: string, bytes: number): Promise<void>;
  openConsole(guest: string): Promise<Duplex>;
  /** @param recovers takes up a migration that broke in post-copy. */
  openMigration(guest: string, recovers?: boolean): Promise<MigrationSide>;
  /** Of a guest that is here; `none` also when there is none. */
  postCopy(guest: string): Promise<PostCopyState>;
  /** Source: ends a post-copy's connection, so that it can be taken up again; `postCopy` tells when that is done. */
  breakPostCopy(guest: string): Promise<void>;
  /** A migration's copy out of here goes on, whoever began it. */
  isCopying(guest: string): Promise<boolean>;
  /** What is told of a running guest before it migrates; takes about a second. */
  surveySource(guest: string): Promise<SourceSurvey>;
  /** What is told of this host before a guest comes. */
  surveyDestination(engine: EngineName): Promise<DestinationSurvey>;
  /** The guest's own clock, Unix ms. @throws BlanketError `clock.no-agent` when nothing in the guest tells it, the signal's reason */
  clock(guest: string, signal: AbortSignal): Promise<number>;
  /** Sets that to this host's. @throws as `clock` does */
  setClock(guest: string, signal: AbortSignal): Promise<void>;
  /** Stops that copy. */
  abortCopy(guest: string): Promise<void>;
};
