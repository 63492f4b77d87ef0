/** A guest for tests, and a place for an agent's files. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Paths, pathsUnder } from '../../src/guest-agent/paths.ts';
import type { GuestSpec } from '../../src/wire/guest-spec.ts';
import { noMetadata } from '../../src/wire/network.ts';

export const guestSpec = (changes: Partial<GuestSpec> = {}): GuestSpec => ({
  name: 'traveller',
  uuid: '6f4b3c1e-7a52-4d6f-9f0e-1d2c3b4a5f60',
  engine: 'kvm',
  vcpus: 1,
  memoryMiB: 128,
  image: `sha256:${'a'.repeat(64)}`,
  diskBytes: 64 * 1024 * 1024,
  disks: [],
  nics: [{ mac: '52:54:00:12:34:56', network: 'shared' }],
  cpu: null,
  metadata: noMetadata,
  ...changes,
});

export const scratchPaths = (): Paths => pathsUnder(mkdtempSync(join(tmpdir(), 'blanket-agent-')));
