/** Calls that write a domain's memory to a file, and bring it back. */
import { call, flags, onDomainFlags, table } from '../procedure.ts';
import { domainHandle as dom } from '../wire-structures.ts';
import { flag, optionalString, string } from '../wire-types.ts';
import { nothing, uint32 } from '../xdr.ts';
import { structure } from '../xdr-structures.ts';

export const saveCalls = table({
  domainManagedSave: call(182, onDomainFlags, nothing),
  domainHasManagedSaveImage: call(183, onDomainFlags, flag),
  domainManagedSaveRemove: call(184, onDomainFlags, nothing),
  domainSaveFlags: call(232, structure({ dom, to: string, xml: optionalString, flags }), nothing),
  domainRestoreFlags: call(233, structure({ from: string, xml: optionalString, flags }), nothing),
  domainSaveImageGetXmlDesc: call(235, structure({ file: string, flags }), string),
  domainSaveImageDefineXml: call(236, structure({ file: string, xml: string, flags }), nothing),
  domainCoreDumpWithFormat: call(334, structure({ dom, to: string, format: uint32, flags }), nothing),
  domainManagedSaveGetXmlDesc: call(388, onDomainFlags, string),
  domainManagedSaveDefineXml: call(389, structure({ dom, xml: optionalString, flags }), nothing),
});
