/** Asserts that the daemon refuses a call, with this of its codes. */
import type { ExecutionContext } from 'ava';
import { LibvirtError } from '../../../src/libvirt/errors.ts';

export async function refusal(t: ExecutionContext, call: Promise<unknown>, code: number): Promise<void> {
  const error = await t.throwsAsync(call, { instanceOf: LibvirtError });
  t.is(error?.code, code, error?.message);
}
