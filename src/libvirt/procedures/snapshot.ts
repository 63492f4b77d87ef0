/** Calls on a domain's snapshots. */
import { call, flags, onDomainFlags, table } from '../procedure.ts';
import { domainHandle as dom } from '../wire-structures.ts';
import { flag, string } from '../wire-types.ts';
import { int32, nothing, type Value } from '../xdr.ts';
import { list, structure } from '../xdr-structures.ts';

/** Which snapshot is meant, of which domain. */
const snapshot = structure({ name: string, dom });
export type SnapshotHandle = Value<typeof snapshot>;

const gotSnapshot = structure({ snapshot });
const onSnapshot = structure({ snapshot, flags });
const truth = structure({ result: flag });
/** REMOTE_DOMAIN_SNAPSHOT_LIST_MAX. */
const gotSnapshots = structure({ snapshots: list(snapshot, 16_384), count: int32 });

export const snapshotCalls = table({
  domainSnapshotCreateXml: call(185, structure({ dom, xml: string, flags }), gotSnapshot),
  domainSnapshotGetXmlDesc: call(186, onSnapshot, string),
  domainSnapshotLookupByName: call(189, structure({ dom, name: string, flags }), gotSnapshot),
  domainHasCurrentSnapshot: call(190, onDomainFlags, truth),
  domainSnapshotCurrent: call(191, onDomainFlags, gotSnapshot),
  domainRevertToSnapshot: call(192, onSnapshot, nothing),
  domainSnapshotDelete: call(193, onSnapshot, nothing),
  domainSnapshotGetParent: call(244, onSnapshot, gotSnapshot),
  domainSnapshotIsCurrent: call(271, onSnapshot, truth),
  domainSnapshotHasMetadata: call(272, onSnapshot, truth),
  domainListAllSnapshots: call(274, structure({ dom, needResults: flag, flags }), gotSnapshots),
  domainSnapshotListAllChildren: call(275, structure({ snapshot, needResults: flag, flags }), gotSnapshots),
});
