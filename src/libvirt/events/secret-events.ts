/** What may happen to a secret (virSecretEventID in libvirt-secret.h). No event carries a value. */
import { type Kind, kindsOf } from '../event-kind.ts';
import { secretMessages as messages, secretCalls } from '../procedures/secret.ts';
import type { SecretHandle } from '../wire-structures.ts';

/** virSecretEventLifecycleType. */
const changes = ['defined', 'undefined'] as const;

export type SecretEvents = {
  'secret-lifecycle': { secret: SecretHandle; event: (typeof changes)[number] | 'unknown' };
  'secret-value-changed': { secret: SecretHandle };
};

const kind = kindsOf({
  register: secretCalls.connectSecretEventRegisterAny,
  deregister: secretCalls.connectSecretEventDeregisterAny,
  args: (event, { secret }) => ({ event, secret: secret as SecretHandle | undefined }),
});

export const secretEvents: { readonly [K in keyof SecretEvents]: Kind<SecretEvents[K]> } = {
  'secret-lifecycle': kind(0, messages.lifecycle, ({ secret, event }) => ({
    secret,
    event: changes[event] ?? 'unknown',
  })),
  'secret-value-changed': kind(1, messages.valueChanged, ({ secret }) => ({ secret })),
};
