/**
 * A guest's lease: a number that grows whenever control gives the guest to another host, or decides that it stays. A call that
 * could make the guest run, or end it, carries the lease that control holds; a host refuses one that is older than what it
 * has heard. So a call that was late, or a host that was away, cannot undo what has been decided since.
 */
import { z } from 'zod';

export const leaseSchema = z.int().nonnegative();

/** As a call carries it; absent from a control of before leases, which is heard as it always was. */
export const carriedLease = { lease: leaseSchema.optional() };
