/**
 * The seed: an ISO image from which cloud-init in a VM takes its user-data and network configuration, in the
 * form that the profile's cloud uses.
 *
 *   config-drive  OpenStack's: label config-2, openstack/latest/*.json (docs.openstack.org, nova, "Config drives")
 *   ovf           VMware's: label OVF ENV, ovf-env.xml (DMTF DSP0243, 9.5; cloud-init, DataSourceOVF)
 *   nocloud       for machines of no cloud: label cidata (cloud-init, DataSourceNoCloud)
 *
 * The other kinds of seed are no image: cloud-init asks the cloud's metadata service (infra/metadata).
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { openstackFiles } from '../../../infra/metadata/openstack.ts';
import { CommandError, run } from '../../process/run.ts';
import { BlanketError } from '../../wire/errors.ts';
import { wanPrefixLength } from './local-address.ts';
import type { IsoKind } from './local-profile.ts';

export type SeedInput = {
  readonly id: string;
  readonly name: string;
  readonly userData: string;
  readonly uplinkMac: string;
  readonly wanMac: string;
  /** The VM's address on the WAN. */
  readonly address: string;
};

export type Seed = { readonly label: string; readonly files: Readonly<Record<string, string>> };

export function makeSeed(kind: IsoKind, input: SeedInput): Seed {
  switch (kind) {
    case 'config-drive':
      return configDrive(input);
    case 'ovf':
      return { label: 'OVF ENV', files: { 'ovf-env.xml': ovfEnvironment(input) } };
    case 'nocloud':
      return noCloud(input);
  }
}

function configDrive({ id, name, userData, uplinkMac, wanMac, address }: SeedInput): Seed {
  const uplink = { mac: uplinkMac };
  const wan = { mac: wanMac, address, prefixLength: wanPrefixLength };
  const files = Object.entries(openstackFiles({ id, name, userData, uplink, wan }));
  return {
    label: 'config-2',
    files: Object.fromEntries(files.map(([file, content]) => [`openstack/latest/${file}`, content])),
  };
}

function noCloud(input: SeedInput): Seed {
  return {
    label: 'cidata',
    files: {
      'meta-data': json({ 'instance-id': input.id, 'local-hostname': input.name }),
      'network-config': stringify(networkConfig(input)),
      'user-data': input.userData,
    },
  };
}

function ovfEnvironment(input: SeedInput): string {
  const properties = {
    'instance-id': input.id,
    hostname: input.name,
    'user-data': base64(input.userData),
    'network-config': base64(stringify({ network: networkConfig(input) })),
  };
  const lines = Object.entries(properties).map(
    ([key, value]) => `    <Property oe:key="${key}" oe:value="${value}"/>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<Environment xmlns="http://schemas.dmtf.org/ovf/environment/1"
             xmlns:oe="http://schemas.dmtf.org/ovf/environment/1"
             oe:id="${input.name}">
  <PlatformSection>
    <Kind>VMware ESXi</Kind>
    <Version>8.0.2</Version>
    <Vendor>VMware, Inc.</Vendor>
    <Locale>en</Locale>
  </PlatformSection>
  <PropertySection>
${lines.join('\n')}
  </PropertySection>
</Environment>
`;
}

/** Version 2 of cloud-init's network configuration. Names are set: some renderers need one. */
const networkConfig = ({ uplinkMac, wanMac, address }: SeedInput): object => ({
  version: 2,
  ethernets: {
    uplink: { match: { macaddress: uplinkMac }, 'set-name': 'uplink', dhcp4: true },
    wan: { match: { macaddress: wanMac }, 'set-name': 'wan', addresses: [`${address}/${wanPrefixLength}`] },
  },
});

/**
 * Writes the seed as an ISO 9660 image with Joliet and Rock Ridge names.
 * @throws `cloud.seed-failed`
 */
export async function writeSeed(seed: Seed, path: string, signal: AbortSignal): Promise<void> {
  const root = await mkdtemp(join(dirname(path), 'seed-'));
  try {
    for (const [name, content] of Object.entries(seed.files)) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), content, { mode: 0o600 });
    }
    await makeIso(root, seed.label, path, signal);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function makeIso(root: string, label: string, path: string, signal: AbortSignal): Promise<void> {
  const args = ['-quiet', '-joliet', '-rock', '-volid', label, '-output', path, root];
  try {
    await runFirst(['genisoimage', 'xorrisofs'], args, signal);
  } catch (cause) {
    throw new BlanketError('cloud.seed-failed', `The seed ${path} could not be written.`, {
      next: 'Install genisoimage or xorriso, and see whether the disk is full.',
      cause,
    });
  }
}

async function runFirst(programs: readonly string[], args: string[], signal: AbortSignal): Promise<void> {
  const [program, ...others] = programs;
  if (program === undefined) return;
  try {
    await run(program, args, { signal });
  } catch (error) {
    const missing = error instanceof CommandError && error.exitCode === null && !signal.aborted;
    if (!missing || others.length === 0) throw error;
    await runFirst(others, args, signal);
  }
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');
