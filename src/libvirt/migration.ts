/**
 * Migration, libvirt's protocol version 3 (the flow is virDomainMigrateVersion3Full in libvirt's
 * src/libvirt-domain.c): each phase is one call on one side, and gives a cookie for the next.
 *
 *   source          destination      what it does
 *   begin      ->                    starts the job; gives the XML for the destination
 *                   prepare          starts a waiting domain; gives the URI to send to
 *   perform    <-                    sends disks and memory; returns when all is sent, the domain paused
 *              ->   finish           resumes the domain there, or removes it when told `cancelled`
 *   confirm    <-                    removes the domain here, or resumes it when told `cancelled`
 *
 * After a failed perform the source has already recovered: finish with `cancelled`, and no confirm. When prepare
 * fails, confirm with `cancelled` ends the job that begin started (it started one if `changeProtection` was given).
 * When finish fails, confirm with `cancelled`. All calls of one side belong on one connection: when it closes after
 * begin or prepare, libvirt cleans up that side. During perform it does not (qemuMigrationSrcPerformPhase takes the
 * callback off): the copy goes on, and leaves the domain paused when it ends. `MIGRATION.md` says how to recover.
 *
 * The source's flags should have `changeProtection`, the destination's must not: see `destinationFlags`.
 */
import type { CallOptions } from './call.ts';
import { migrateFlags } from './constants.ts';
import { errorCodes } from './error-codes.ts';
import { isLibvirtError } from './errors.ts';
import { type MigrationLimits, migrationLimits } from './migration-limits.ts';
import { type MigrationParameters, toTyped } from './migration-parameters.ts';
import { migrationCalls } from './procedures/migration.ts';
import type { Session } from './session.ts';
import type { DomainHandle } from './wire-structures.ts';

/** What every phase takes. Both sides and all phases get the same parameters, but for what the flow changes. */
export type PhaseInput = {
  /** `migrateFlags`. */
  flags: number;
  parameters?: MigrationParameters | undefined;
};

/** What the phases after the first take: the cookie that the phase before gave. */
export type NextInput = PhaseInput & { cookie: Uint8Array };
/** What the last two take: whether the migration failed, and is to be undone. */
export type LastInput = NextInput & { cancelled: boolean };

/** The flags for prepare and finish: without those that concern the source alone. */
export const destinationFlags = (flags: number): number =>
  flags & ~(migrateFlags.abortOnError | migrateFlags.autoConverge | migrateFlags.changeProtection);

export type SourceMigration = MigrationLimits & {
  /** `xml` becomes the destination's `destinationXml`. A caller's own XML for the destination is given in the
   *  parameters, and comes back completed. */
  begin(input: PhaseInput, options?: CallOptions): Promise<{ cookie: Uint8Array; xml: string }>;
  /** Returns when all memory was sent, which may take as long as it likes; `Domain.abortJob` ends it, the signal
   *  only the waiting. @throws LibvirtError; the domain then goes on running here. */
  perform(input: NextInput, options?: CallOptions): Promise<{ cookie: Uint8Array }>;
  confirm(input: LastInput, options?: CallOptions): Promise<void>;
};

export function sourceMigration(session: Session, dom: DomainHandle): SourceMigration {
  return {
    ...migrationLimits(session, dom),
    begin: async ({ flags, parameters }, options) =>
      session.call(
        migrationCalls.domainMigrateBegin3Params,
        { dom, params: toTyped(parameters), flags },
        options,
      ),
    perform: async ({ flags, parameters, cookie }, options) => {
      const args = { dom, destinationUri: undefined, params: toTyped(parameters), cookie, flags };
      return session.call(migrationCalls.domainMigratePerform3Params, args, options);
    },
    confirm: async ({ flags, parameters, cookie, cancelled }, options) => {
      const args = { dom, params: toTyped(parameters), cookie, flags, cancelled };
      return session.call(migrationCalls.domainMigrateConfirm3Params, args, options);
    },
  };
}

export type Finished = {
  /** The domain at the destination; undefined when it was removed because the migration was cancelled. */
  domain: DomainHandle | undefined;
  cookie: Uint8Array;
};

export type DestinationMigration = {
  /** `uri` is where perform shall send to; undefined when the parameters' own `uri` holds. */
  prepare(input: NextInput, options?: CallOptions): Promise<{ cookie: Uint8Array; uri: string | undefined }>;
  /** The parameters must have `destinationName`. @throws LibvirtError when the domain does not run here. */
  finish(input: LastInput, options?: CallOptions): Promise<Finished>;
};

export function destinationMigration(session: Session): DestinationMigration {
  return {
    prepare: async ({ flags, parameters, cookie }, options) => {
      const args = { params: toTyped(parameters), cookie, flags };
      return session.call(migrationCalls.domainMigratePrepare3Params, args, options);
    },
    finish: async ({ flags, parameters, cookie, cancelled }, options) => {
      const args = { params: toTyped(parameters), cookie, flags, cancelled };
      try {
        const { dom, cookie: next } = await session.call(
          migrationCalls.domainMigrateFinish3Params,
          args,
          options,
        );
        return { domain: dom, cookie: next };
      } catch (error) {
        // A cancelled finish has no domain to give, and so can only answer with an error, even when all is well.
        if (cancelled && isLibvirtError(error, errorCodes.migrateFinishOk)) {
          return { domain: undefined, cookie: new Uint8Array() };
        }
        throw error;
      }
    },
  };
}
