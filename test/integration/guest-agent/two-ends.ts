/** Two libvirt daemons of this machine, each with the disk of the guest that is to go from one to the other. */
import { randomUUID } from 'node:crypto';
import { compareVersions } from '../../../src/control/migrate/findings/versions.ts';
import { type DomainSources, domainXml } from '../../../src/guest-agent/engines/domain-xml.ts';
import { namesWatchdog } from '../../../src/guest-agent/engines/kvm.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import type { Domain } from '../../../src/libvirt/domain.ts';
import { guestSpec } from '../../guest-agent/spec.ts';
import { localServer, type Server } from '../libvirt/server.ts';
import { bootDisk, makeOverlay, writeBase } from '../libvirt/tiny-guest.ts';

export type End = { server: Server; connection: Connection; disk: string };
export type Pair = { here: End; there: End };

type Contents = {
  /** What the guest boots. */
  sector: readonly number[];
  /** On the disk of its own. */
  bytes: number;
};

async function openEnd(filled: boolean, contents?: Contents): Promise<End> {
  const server = await localServer();
  const connection = await server.connect(server.qemuUri);
  const base =
    contents === undefined
      ? await writeBase(server)
      : await server.write('base.raw', bootDisk(contents.sector));
  return { server, connection, disk: await makeOverlay(server, base, filled, contents?.bytes) };
}

/** @param contents of the guest's disk; without them it counts, and has 8 MiB to send. */
export async function openPair(contents?: Contents): Promise<Pair> {
  const [here, there] = await Promise.all([openEnd(true, contents), openEnd(false, contents)]);
  return { here, there };
}

export async function closePair(pair: Pair | undefined): Promise<void> {
  for (const { server, connection } of Object.values(pair ?? {})) {
    await connection.close();
    await server.stop();
  }
}

/** Whether this machine's libvirt takes zstd: since 9.4. */
export const compresses = async ({ here }: Pair): Promise<boolean> =>
  compareVersions((await here.connection.versions()).library, '9.4.0') >= 0;

const sourcesAt = ({ server, disk }: End, library: string): DomainSources => ({
  disk,
  extraDisk: (name) => `${server.directory}/${name}.qcow2`,
  consoleLog: `${server.directory}/console.log`,
  bridgeOf: () => '',
  mtus: new Map([['shared', 1370]]),
  faultyCpuFeatures: ['cx16'],
  namesWatchdog: namesWatchdog(library),
});

/** Defined and started at this end. */
export async function startGuest(
  end: End,
  name: string,
  change = (xml: string): string => xml,
): Promise<Domain> {
  const spec = guestSpec({ name, uuid: randomUUID(), engine: 'tcg', nics: [], memoryMiB: 32 });
  const { library } = await end.connection.versions();
  const domain = await end.connection.domains.define(change(domainXml(spec, sourcesAt(end, library))));
  await domain.start();
  return domain;
}

/** Each of these daemons has its files in a directory of its own; those of two hosts are at the same place. */
export const elsewhere = (from: End, to: End, xml: string): string =>
  xml.replaceAll(from.disk, to.disk).replaceAll(from.server.directory, to.server.directory);
