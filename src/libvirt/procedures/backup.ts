/** Calls on a domain's backup: it has one at a time, as its job. */
import { call, flags, onDomainFlags, table } from '../procedure.ts';
import { domainHandle as dom } from '../wire-structures.ts';
import { optionalString, string } from '../wire-types.ts';
import { nothing } from '../xdr.ts';
import { structure } from '../xdr-structures.ts';

export const backupCalls = table({
  domainBackupBegin: call(
    421,
    structure({ dom, backupXml: string, checkpointXml: optionalString, flags }),
    nothing,
  ),
  domainBackupGetXmlDesc: call(422, onDomainFlags, string),
});
