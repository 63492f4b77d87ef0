/** The guest's clock by QEMU's guest agent: guest-get-time and guest-set-time (QEMU's qga/qapi-schema.json). */
import type { Domain } from '../../libvirt/domain.ts';
import { errorCodes } from '../../libvirt/error-codes.ts';
import { isLibvirtError } from '../../libvirt/errors.ts';
import { BlanketError } from '../../wire/errors.ts';

/** @throws BlanketError `clock.no-agent`, what the agent refuses with, and the signal's reason */
async function asked<T>(domain: Domain, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (!isLibvirtError(cause, errorCodes.agentUnresponsive, errorCodes.argumentUnsupported)) throw cause;
    throw new BlanketError('clock.no-agent', `No guest agent answers in ${domain.name}.`, {
      kind: 'blocked',
      next: 'Install the package qemu-guest-agent in the guest.',
      data: { guest: domain.name },
      cause,
    });
  }
}

/** Unix ms. */
export const readClock = (domain: Domain, signal: AbortSignal): Promise<number> =>
  asked(domain, () => domain.guest.time({ signal }));

/** To this host's. It is late by what the way to the agent takes. */
export const setClock = (domain: Domain, signal: AbortSignal): Promise<void> =>
  asked(domain, () => domain.guest.setTime(Date.now(), { signal }));
