/** What else may happen to a running domain than to be suspended and destroyed. */
import type { CallOptions } from '../call.ts';
import { domainCalls } from '../procedures/domain.ts';
import type { Session } from '../session.ts';
import type { DomainHandle } from '../wire-structures.ts';

/** virNodeSuspendTarget. */
const sleeps = { memory: 0, disk: 1, hybrid: 2 } as const;

/** virDomainLifecycle and virDomainLifecycleAction. */
const occasions = { poweroff: 0, reboot: 1, crash: 2 } as const;
const actions = {
  destroy: 0,
  restart: 1,
  'rename-restart': 2,
  preserve: 3,
  'coredump-destroy': 4,
  'coredump-restart': 5,
} as const;

export type DomainPower = {
  /** Asks the guest to reboot, and does not wait until it has. @param flags `shutdownFlags`. */
  reboot(flags?: number, options?: CallOptions): Promise<void>;
  /** Lets the guest's agent put it to sleep. */
  sleep(where: keyof typeof sleeps, options?: CallOptions): Promise<void>;
  wakeUp(options?: CallOptions): Promise<void>;
  /** What libvirt does when the guest powers off, reboots or crashes. @param flags `affectFlags`. */
  setAction(
    on: keyof typeof occasions,
    action: keyof typeof actions,
    flags?: number,
    options?: CallOptions,
  ): Promise<void>;
};

export const domainPower = (session: Session, dom: DomainHandle): DomainPower => ({
  reboot: (flags = 0, options) => session.call(domainCalls.domainReboot, { dom, flags }, options),
  sleep: (where, options) => {
    const args = { dom, target: sleeps[where], duration: 0, flags: 0 };
    return session.call(domainCalls.domainPmSuspendForDuration, args, options);
  },
  wakeUp: (options) => session.call(domainCalls.domainPmWakeup, { dom, flags: 0 }, options),
  setAction: (on, action, flags = 0, options) => {
    const args = { dom, type: occasions[on], action: actions[action], flags };
    return session.call(domainCalls.domainSetLifecycleAction, args, options);
  },
});
