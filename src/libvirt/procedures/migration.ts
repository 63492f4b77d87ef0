/** Calls of a migration (protocol version 3 with parameters) and of what may be changed while it runs. */
import { call, flags, onDomainFlags, table } from '../procedure.ts';
import { typedParameters as params } from '../typed-parameters.ts';
import { cookie, domainHandle as dom } from '../wire-structures.ts';
import { flag, optionalString, quantity, string } from '../wire-types.ts';
import { nothing } from '../xdr.ts';
import { structure } from '../xdr-structures.ts';

export const migrationCalls = table({
  domainMigrateSetMaxDowntime: call(166, structure({ dom, downtime: quantity, flags }), nothing),
  domainMigrateSetMaxSpeed: call(207, structure({ dom, bandwidth: quantity, flags }), nothing),
  domainMigrateGetMaxSpeed: call(242, onDomainFlags, quantity),
  domainMigrateGetCompressionCache: call(299, onDomainFlags, quantity),
  domainMigrateSetCompressionCache: call(300, structure({ dom, cacheSize: quantity, flags }), nothing),
  domainMigrateBegin3Params: call(302, structure({ dom, params, flags }), structure({ cookie, xml: string })),
  domainMigratePrepare3Params: call(
    303,
    structure({ params, cookie, flags }),
    structure({ cookie, uri: optionalString }),
  ),
  domainMigratePerform3Params: call(
    305,
    structure({ dom, destinationUri: optionalString, params, cookie, flags }),
    structure({ cookie }),
  ),
  domainMigrateFinish3Params: call(
    306,
    structure({ params, cookie, flags, cancelled: flag }),
    structure({ dom, cookie }),
  ),
  domainMigrateConfirm3Params: call(307, structure({ dom, params, cookie, flags, cancelled: flag }), nothing),
  domainMigrateStartPostCopy: call(364, onDomainFlags, nothing),
  domainMigrateGetMaxDowntime: call(387, onDomainFlags, quantity),
});
