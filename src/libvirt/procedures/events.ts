/** Registering for a domain's events, and the messages that then come. `callback` is the registration's number. */
import { call, type Message, registration, table } from '../procedure.ts';
import { typedParameters as jobParameters, typedParametersUpTo } from '../typed-parameters.ts';
import { domainHandle as dom } from '../wire-structures.ts';
import { optionalString, quantity, string } from '../wire-types.ts';
import { type Codec, int32, int64, nothing } from '../xdr.ts';
import { list, optional, structure } from '../xdr-structures.ts';

const callback = int32;

export const eventCalls = table({
  connectDomainEventCallbackRegisterAny: call(
    316,
    structure({ event: int32, dom: optional(dom) }),
    registration,
  ),
  connectDomainEventCallbackDeregisterAny: call(317, registration, nothing),
});

/** REMOTE_DOMAIN_EVENT_TUNABLE_MAX and REMOTE_DOMAIN_EVENT_GRAPHICS_IDENTITY_MAX. */
const maxTunables = 2048;
const maxIdentities = 20;

const message = <W>(number: number, codec: Codec<W>): Message<W> => ({ number, codec });
const plain = structure({ callback, dom });
/** A reason that says nothing (always 0) stands before the domain. */
const powerChange = structure({ callback, reason: int32, dom });
const onAlias = structure({ callback, dom, alias: string });
const endpoint = structure({ family: int32, node: string, service: string });

export const eventMessages = {
  lifecycle: message(318, structure({ callback, dom, event: int32, detail: int32 })),
  reboot: message(319, plain),
  rtcChange: message(320, structure({ callback, dom, offset: int64 })),
  watchdog: message(321, structure({ callback, dom, action: int32 })),
  graphics: message(
    323,
    structure({
      callback,
      dom,
      phase: int32,
      local: endpoint,
      remote: endpoint,
      scheme: string,
      subject: list(structure({ type: string, name: string }), maxIdentities),
    }),
  ),
  ioErrorReason: message(
    324,
    structure({ callback, dom, path: string, alias: string, action: int32, reason: string }),
  ),
  diskChange: message(
    327,
    structure({
      callback,
      dom,
      oldPath: optionalString,
      newPath: optionalString,
      alias: string,
      reason: int32,
    }),
  ),
  trayChange: message(328, structure({ callback, dom, alias: string, reason: int32 })),
  pmWakeup: message(329, powerChange),
  pmSuspend: message(330, powerChange),
  balloonChange: message(331, structure({ callback, dom, actual: quantity })),
  pmSuspendDisk: message(332, powerChange),
  deviceRemoved: message(333, onAlias),
  blockJob: message(339, structure({ callback, dom, disk: string, type: int32, status: int32 })),
  tunable: message(346, structure({ callback, dom, params: typedParametersUpTo(maxTunables) })),
  agentLifecycle: message(348, structure({ callback, dom, state: int32, reason: int32 })),
  deviceAdded: message(354, onAlias),
  migrationIteration: message(359, structure({ callback, dom, iteration: int32 })),
  jobCompleted: message(363, structure({ callback, dom, params: jobParameters })),
  metadataChange: message(379, structure({ callback, dom, type: int32, uri: optionalString })),
  blockThreshold: message(
    385,
    structure({
      callback,
      dom,
      device: string,
      path: optionalString,
      threshold: quantity,
      excess: quantity,
    }),
  ),
} as const;
