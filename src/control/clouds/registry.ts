/** The clouds that Blanket knows, one line each. */
import type { z } from 'zod';
import { BlanketError } from '../../wire/errors.ts';
import type { Cloud, CloudPaths } from './cloud.ts';
import { localConfigSchema, openLocalCloud } from './local.ts';
import { openSshCloud, sshConfigSchema } from './ssh.ts';

export type CloudType<Config> = {
  /** What a user may set on `blanket cloud add`. */
  readonly config: z.ZodType<Config>;
  /** Makes no change and does no I/O; `check` tells whether the cloud is usable. */
  readonly open: (name: string, config: Config, paths: CloudPaths) => Cloud;
};

type CloudOpener = (name: string, config: unknown, paths: CloudPaths) => Cloud;

const types: Readonly<Record<string, CloudOpener>> = {
  local: opener({ config: localConfigSchema, open: openLocalCloud }),
  ssh: opener({ config: sshConfigSchema, open: openSshCloud }),
};

export const cloudTypes: readonly string[] = Object.keys(types);

/**
 * The cloud of a type and a configuration, both as a user gave them.
 * @throws `cloud.unknown-type`, `cloud.bad-config`
 */
export function openCloud(type: string, name: string, config: unknown, paths: CloudPaths): Cloud {
  const open = Object.hasOwn(types, type) ? types[type] : undefined;
  if (open === undefined) {
    throw new BlanketError('cloud.unknown-type', `Blanket knows no cloud of type "${type}".`, {
      kind: 'usage',
      next: `Use one of: ${cloudTypes.join(', ')}.`,
      data: { type },
    });
  }
  return open(name, config, paths);
}

function opener<Config>({ config: schema, open }: CloudType<Config>): CloudOpener {
  return (name, given, paths) => {
    const config = schema.safeParse(given);
    if (config.success) return open(name, config.data, paths);
    const faults = config.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    throw new BlanketError(
      'cloud.bad-config',
      `The configuration of cloud "${name}" is not valid: ${faults}.`,
      {
        kind: 'usage',
        data: { cloud: name },
      },
    );
  };
}
