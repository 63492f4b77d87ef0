/** Calls on a domain's checkpoints. */
import { call, flags, table } from '../procedure.ts';
import { domainHandle as dom } from '../wire-structures.ts';
import { flag, string } from '../wire-types.ts';
import { int32, nothing, type Value } from '../xdr.ts';
import { list, structure } from '../xdr-structures.ts';

/** Which checkpoint is meant, of which domain. */
const checkpoint = structure({ name: string, dom });
export type CheckpointHandle = Value<typeof checkpoint>;

const gotCheckpoint = structure({ checkpoint });
const onCheckpoint = structure({ checkpoint, flags });
/** REMOTE_DOMAIN_CHECKPOINT_LIST_MAX. */
const gotCheckpoints = structure({ checkpoints: list(checkpoint, 16_384), count: int32 });

export const checkpointCalls = table({
  domainCheckpointCreateXml: call(411, structure({ dom, xml: string, flags }), gotCheckpoint),
  domainCheckpointGetXmlDesc: call(412, onCheckpoint, string),
  domainListAllCheckpoints: call(413, structure({ dom, needResults: flag, flags }), gotCheckpoints),
  domainCheckpointListAllChildren: call(
    414,
    structure({ checkpoint, needResults: flag, flags }),
    gotCheckpoints,
  ),
  domainCheckpointLookupByName: call(415, structure({ dom, name: string, flags }), gotCheckpoint),
  domainCheckpointGetParent: call(416, onCheckpoint, gotCheckpoint),
  domainCheckpointDelete: call(417, onCheckpoint, nothing),
});
