/** What libvirt's QEMU driver tells of a guest that might migrate, and of a host that might take it. Nothing is changed. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../../libvirt/connection.ts';
import type { Domain } from '../../libvirt/domain.ts';
import { statsGroups } from '../../libvirt/domain-stats.ts';
import type { DestinationSurvey, SourceSurvey } from '../../wire/methods/plan.ts';
import type { EngineName } from '../../wire/names.ts';
import { virtTypeOf } from './cpu.ts';

const KIB = 1024;
/** The shortest that libvirt measures, and how long its answer is waited for. */
const DIRTY_SECONDS = 1;
const DIRTY_WAIT_MS = 2_500;
const DIRTY_POLL_MS = 100;
/** VIR_DOMAIN_DIRTYRATE_MEASURED (virDomainDirtyRateStatus in libvirt-domain.h). */
const measured = 2;

/**
 * What QEMU or libvirt refuses to migrate (libvirt's qemuMigrationSrcIsAllowed; QEMU's migration blockers): devices of the
 * host itself, memory or folders shared with it, and media that only this host has.
 */
const stuckDevices: readonly [what: string, pattern: RegExp][] = [
  ['a device of the host (hostdev)', /<hostdev\b/],
  ["a host's network device (interface of type hostdev)", /<interface type='(?:hostdev|vdpa)'/],
  ['a folder of the host (filesystem)', /<filesystem\b/],
  ['memory shared with the host (shmem)', /<shmem\b/],
  ['an NVDIMM (memory of model nvdimm)', /<memory model='nvdimm'/],
  ["a disk of the host's NVMe (disk of type nvme)", /<disk type='nvme'/],
  [
    'a medium in a drive (cdrom or floppy with a source)',
    /<disk [^>]*device='(?:cdrom|floppy)'[^>]*>(?:(?!<\/disk>).)*<source\b/s,
  ],
  ['encrypted memory (launchSecurity)', /<launchSecurity\b/],
];

/** @param xml the running domain's. */
export const stuckIn = (xml: string): string[] =>
  stuckDevices.filter(([, pattern]) => pattern.test(xml)).map(([what]) => what);

export const machineIn = (xml: string): string | null =>
  /<type\b[^>]*\bmachine='([^']+)'/.exec(xml)?.[1] ?? null;

type Dirty = Pick<SourceSurvey, 'dirtyBytesPerSecond' | 'dirtyUnmeasured'>;
const unmeasured = (why: string): Dirty => ({ dirtyBytesPerSecond: null, dirtyUnmeasured: why });

/** By QEMU's samples of the guest's pages (QEMU 5.2, libvirt 7.2 and later). */
async function dirtyRate(connection: Connection, domain: Domain): Promise<Dirty> {
  try {
    await domain.memory.measureDirtyRate(DIRTY_SECONDS);
    const until = performance.now() + DIRTY_WAIT_MS;
    for (await sleep(DIRTY_SECONDS * 1000); performance.now() < until; await sleep(DIRTY_POLL_MS)) {
      const [told] = await connection.domains.stats(statsGroups.dirtyRate, { domains: [domain.handle] });
      const rate = told?.stats['dirtyrate.megabytes_per_second'];
      if (told?.stats['dirtyrate.calc_status'] !== measured || rate === undefined) continue;
      return { dirtyBytesPerSecond: Math.max(0, Number(rate)) * 2 ** 20, dirtyUnmeasured: null };
    }
    return unmeasured('QEMU did not tell in time how fast the guest writes its memory.');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return unmeasured(`libvirt does not measure how fast the guest writes its memory: ${why}.`);
  }
}

export async function surveySource(connection: Connection, domain: Domain): Promise<SourceSurvey> {
  const [xml, snapshots, memory, dirty] = await Promise.all([
    domain.xml(),
    domain.snapshots.list(),
    domain.memory.stats(),
    dirtyRate(connection, domain),
  ]);
  return {
    ...{ machine: machineIn(xml), stuck: stuckIn(xml), snapshots: snapshots.length, ...dirty },
    residentBytes: memory.rssKiB === undefined ? null : memory.rssKiB * KIB,
  };
}

/** The machines of one `<guest>` are of its architecture; a `<domain>` in it may have others than its emulator's. */
export function machinesIn(capabilities: string, engine: EngineName): string[] {
  const guests = capabilities.match(/<guest>.*?<\/guest>/gs) ?? [];
  const own = guests.find((xml) => /<os_type>hvm</.test(xml) && /<arch name='x86_64'/.test(xml)) ?? '';
  const domain = new RegExp(`<domain type='${virtTypeOf(engine)}'>(.*?)</domain>`, 's').exec(own)?.[1] ?? '';
  const names = (xml: string) =>
    [...xml.matchAll(/<machine\b[^>]*>([^<]+)</g)].flatMap(([, name]) => name ?? []);
  const canonical = [...own.matchAll(/<machine\b[^>]*canonical='([^']+)'/g)].flatMap(
    ([, name]) => name ?? [],
  );
  const offered = names(domain).length > 0 ? names(domain) : names(own);
  return [...new Set([...offered, ...canonical])];
}

/**
 * QEMU, which has no privileges, may only then handle the faults of KVM's own accesses (userfaultfd(2)). The driver's memory shim
 * sets it: libvirt's own `60-qemu-postcopy-migration.conf` is not in Debian's packages (12 and 13).
 */
const userfaultfd = '/proc/sys/vm/unprivileged_userfaultfd';

/** A kernel without userfaultfd has no such file. */
export const allowsPostCopy = async (path = userfaultfd): Promise<boolean> =>
  (await readFile(path, 'utf8').catch(() => '0')).trim() === '1';

export const surveyDestination = async (
  connection: Connection,
  engine: EngineName,
): Promise<DestinationSurvey> => ({
  machines: machinesIn(await connection.capabilities(), engine),
  postcopy: await allowsPostCopy(),
});
