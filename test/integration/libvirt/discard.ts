import { undefineFlags } from '../../../src/libvirt/constants.ts';
import type { Domain } from '../../../src/libvirt/domain.ts';
import { errorCodes } from '../../../src/libvirt/error-codes.ts';
import { isLibvirtError } from '../../../src/libvirt/errors.ts';

function ifGone(error: unknown): void {
  if (!isLibvirtError(error, errorCodes.noDomain, errorCodes.operationInvalid)) throw error;
}

/** Ends a test's domain and forgets it, with all that libvirt keeps on it; or does nothing where the test has. */
export async function discard(domain: Domain): Promise<void> {
  await domain.destroy().catch(ifGone);
  await domain.undefine(undefineFlags.snapshotsMetadata | undefineFlags.checkpointsMetadata).catch(ifGone);
}
