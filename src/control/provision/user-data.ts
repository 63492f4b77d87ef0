/** The user-data with which a cloud VM first boots: users, the host key that control pins, the agent's unit. */
import { readFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import { agentPaths } from '../../wire/agent.ts';
import { sshUser } from '../agents/agents.ts';

export type HostIdentity = {
  name: string;
  hostKeyPrivate: string;
  hostKeyPublic: string;
  controlKey: string;
};

const template = new URL('./user-data.yaml', import.meta.url);
const unitFile = new URL('../../../infra/systemd/blanket-agent.service', import.meta.url);

/** The text of the agent's systemd unit. */
export const agentUnit = (): Promise<string> => readFile(unitFile, 'utf8');

export async function userDataFor(identity: HostIdentity): Promise<string> {
  const values: Record<string, string> = {
    ...identity,
    user: sshUser,
    unitPath: `/etc/systemd/system/${agentPaths.unit}`,
    unit: await agentUnit(),
  };
  const filled = fill(parse(await readFile(template, 'utf8')), values);
  return `#cloud-config\n${stringify(filled, { lineWidth: 0 })}`;
}

function fill(node: unknown, values: Record<string, string>): unknown {
  if (Array.isArray(node)) return node.map((item) => fill(item, values));
  if (typeof node === 'object' && node !== null) {
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, fill(value, values)]));
  }
  if (typeof node !== 'string') return node;
  return node.replace(/^\$\{(\w+)\}$/, (_whole, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`user-data.yaml names the unknown value ${name}`);
    return value;
  });
}
