/**
 * CPU features that a host shows and gets wrong, so that no guest may be shown them.
 *
 * QEMU's emulator before 8.0 computes the flags after CMPXCHG16B from stale state. A second-level guest that is
 * interrupted there goes on with another direction flag or trap flag. Measured with QEMU 7.2: a guest whose kernel
 * uses it (Linux' slab allocator does) dies of a double fault or corrupted memory within seconds to minutes.
 */
import { leaves } from './drivers/leaf.ts';

/** @param leaf the hypervisor's name in CPUID. @returns libvirt's names of features. */
export const faultyCpuFeatures = (leaf: string | undefined): string[] =>
  leaf !== undefined && (leaves.tcg as readonly string[]).includes(leaf) ? ['cx16'] : [];
