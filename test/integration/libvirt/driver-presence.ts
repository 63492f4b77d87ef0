/** Daemons may come without some of their drivers, which are packages of their own: tests of those say so. */
import type { ExecutionContext } from 'ava';
import { errorCodes } from '../../../src/libvirt/error-codes.ts';
import { isLibvirtError } from '../../../src/libvirt/errors.ts';

/** Whether a driver answers. @param ask any call of it that cannot fail otherwise. */
export async function answers(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    // A modular daemon that does not know where to find another one says internalError.
    const { noSupport, noConnect, internalError, systemError } = errorCodes;
    if (isLibvirtError(error, noSupport, noConnect, internalError)) return false;
    // One that knows, where nobody listens.
    if (isLibvirtError(error, systemError) && error.message.includes('connect socket')) return false;
    throw error;
  }
}

/** What a test says that needs the driver in vain. */
export function skipped(t: ExecutionContext, driver: 'storage' | 'network' | 'secret'): void {
  t.log(`Skipped: this daemon has no ${driver} driver.`);
  t.pass();
}
