/** A migration's parameters (VIR_MIGRATE_PARAM_* in libvirt's include/libvirt/libvirt-domain.h). */
import { type TypedParameter, typedQuantity } from './typed-parameters.ts';

export type MigrationParameters = {
  /** Where QEMU dials QEMU, e.g. `tcp://10.0.0.2:49152`. Without it the destination chooses, by its host name. */
  uri?: string | undefined;
  /** The domain's name at the destination. */
  destinationName?: string | undefined;
  /** The running domain's XML at the destination: only what the guest cannot see may differ. */
  destinationXml?: string | undefined;
  /** The definition that `persistDest` leaves there. */
  persistentXml?: string | undefined;
  /** MiB/s; QEMU's own limit is 128 MiB/s unless told otherwise. */
  bandwidthMiBps?: number | undefined;
  postcopyBandwidthMiBps?: number | undefined;
  graphicsUri?: string | undefined;
  /** Address on which the destination's QEMU listens. */
  listenAddress?: string | undefined;
  /** Targets (`vda`) of the disks to copy, with `nonSharedDisk` or `nonSharedInc`. Without it: all writable ones. */
  migrateDisks?: readonly string[] | undefined;
  /** Port on which the destination takes the disks' content. */
  disksPort?: number | undefined;
  /** Where the disks' content goes, e.g. `tcp://10.0.0.2:49200` or `unix:///path`. */
  disksUri?: string | undefined;
  /** Methods: `xbzrle`, `mt`, `zlib`, `zstd`. */
  compression?: readonly string[] | undefined;
  compressionZlibLevel?: number | undefined;
  compressionZstdLevel?: number | undefined;
  /** Bytes. */
  compressionXbzrleCache?: number | undefined;
  /** Percent. */
  autoConvergeInitial?: number | undefined;
  autoConvergeIncrement?: number | undefined;
  parallelConnections?: number | undefined;
  tlsDestination?: string | undefined;
  /** Parameters that are not named here. */
  more?: readonly TypedParameter[] | undefined;
};

type Named = Exclude<keyof MigrationParameters, 'more'>;
type Value = string | number;

const string =
  (field: string) =>
  (value: Value): TypedParameter => ({ field, type: 'string', value: `${value}` });
const int =
  (field: string) =>
  (value: Value): TypedParameter => ({ field, type: 'int', value: Number(value) });
const ullong =
  (field: string) =>
  (value: Value): TypedParameter =>
    typedQuantity(field, Number(value));

/** The names, and the types that QEMU's driver insists on (QEMU_MIGRATION_PARAMETERS in qemu_migration.h). */
const fields: Record<Named, (value: Value) => TypedParameter> = {
  uri: string('migrate_uri'),
  destinationName: string('destination_name'),
  destinationXml: string('destination_xml'),
  persistentXml: string('persistent_xml'),
  bandwidthMiBps: ullong('bandwidth'),
  postcopyBandwidthMiBps: ullong('bandwidth.postcopy'),
  graphicsUri: string('graphics_uri'),
  listenAddress: string('listen_address'),
  migrateDisks: string('migrate_disks'),
  disksPort: int('disks_port'),
  disksUri: string('disks_uri'),
  compression: string('compression'),
  compressionZlibLevel: int('compression.zlib.level'),
  compressionZstdLevel: int('compression.zstd.level'),
  compressionXbzrleCache: ullong('compression.xbzrle.cache'),
  autoConvergeInitial: int('auto_converge.initial'),
  autoConvergeIncrement: int('auto_converge.increment'),
  parallelConnections: int('parallel.connections'),
  tlsDestination: string('tls.destination'),
};

/** As the wire has them: a list's values become parameters of the same name.
 *  @throws XdrError for a quantity that is not whole, or negative. */
export function toTyped({ more = [], ...named }: MigrationParameters = {}): TypedParameter[] {
  const typed = Object.entries<Value | readonly string[] | undefined>(named).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map(fields[name as Named]),
  );
  return [...typed, ...more];
}
