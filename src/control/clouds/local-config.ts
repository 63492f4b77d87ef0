/** What a user sets of a local cloud, and what each of its functions has to know. */
import { z } from 'zod';
import type { CloudPaths } from './cloud.ts';

export const accelSchema = z.enum(['tcg', 'kvm']);

export const localConfigSchema = z.strictObject({
  /** The name of a file in infra/profiles. */
  profile: z.string(),
  /** kvm where this machine's KVM is known to be good: one that opens may still be useless. */
  accel: accelSchema.default('tcg'),
});
export type LocalConfig = z.infer<typeof localConfigSchema>;

export type LocalContext = {
  readonly cloud: string;
  readonly config: LocalConfig;
  readonly paths: CloudPaths;
};
