/** Registering for a domain's events, and the messages that then come. `callback` is the registration's number. */
import { call, table } from '../procedure.ts';
import { typedParameters as params } from '../typed-parameters.ts';
import { domainHandle as dom } from '../wire-structures.ts';
import { optionalString, quantity, string } from '../wire-types.ts';
import { int32, nothing } from '../xdr.ts';
import { optional, structure } from '../xdr-structures.ts';

const registration = structure({ callback: int32 });

export const eventCalls = table({
  connectDomainEventCallbackRegisterAny: call(
    316,
    structure({ event: int32, dom: optional(dom) }),
    registration,
  ),
  connectDomainEventCallbackDeregisterAny: call(317, registration, nothing),
});

export const eventMessages = {
  lifecycle: { number: 318, codec: structure({ callback: int32, dom, event: int32, detail: int32 }) },
  blockJob: {
    number: 339,
    codec: structure({ callback: int32, dom, disk: string, type: int32, status: int32 }),
  },
  migrationIteration: { number: 359, codec: structure({ callback: int32, dom, iteration: int32 }) },
  jobCompleted: { number: 363, codec: structure({ callback: int32, dom, params }) },
  blockThreshold: {
    number: 385,
    codec: structure({
      callback: int32,
      dom,
      device: string,
      path: optionalString,
      threshold: quantity,
      excess: quantity,
    }),
  },
} as const;
