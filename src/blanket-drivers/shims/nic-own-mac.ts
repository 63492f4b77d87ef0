/**
 * Lets no frame out of the card under another MAC than its own: clouds drop such frames, or stop the VM that sends
 * them. It is a table of nftables for this card alone, with one chain on the card's way out (the egress hook of the
 * family `netdev`, Linux 5.16 and later), so taking it back is removing that table.
 */
import { z } from 'zod';
import type { HostAccess } from '../access.ts';
import type { Part } from './parts.ts';
import { failed, set } from './report.ts';
import type { NicPlan } from './shim.ts';

const key = 'table';
const tableOf = (name: string) => `netdev blanket_${name}`;

/** What `nft -j list` prints, as libnftables-json(5) describes it; only what is asked about. */
const rulesetSchema = z.object({ nftables: z.array(z.record(z.string(), z.unknown())) });
const chainSchema = z.object({ dev: z.string(), hook: z.literal('egress') });
const ruleSchema = z.object({
  expr: z.tuple([
    z.object({
      match: z.object({
        op: z.literal('!='),
        left: z.object({ payload: z.object({ protocol: z.literal('ether'), field: z.literal('saddr') }) }),
        right: z.string(),
      }),
    }),
    z.object({ drop: z.null() }),
  ]),
});

const macOf = async ({ name }: NicPlan, { files }: HostAccess) =>
  (await files.text(`/sys/class/net/${name}/address`))?.trim().toLowerCase();

/** @returns the only MAC that may leave; `undefined` when there is no such rule, or more than it. */
async function allowedMac({ name }: NicPlan, { exec }: HostAccess): Promise<string | undefined> {
  const text = await exec('nft', ['-j', 'list', 'table', 'netdev', `blanket_${name}`]).catch(() => undefined);
  if (text === undefined) return undefined; // nft fails when there is no such table
  const { nftables } = rulesetSchema.parse(JSON.parse(text));
  const parts = (what: string) => nftables.flatMap((one) => (one[what] === undefined ? [] : [one[what]]));
  const chain = z.tuple([chainSchema]).safeParse(parts('chain'));
  const rule = z.tuple([ruleSchema]).safeParse(parts('rule'));
  if (!chain.success || !rule.success || chain.data[0].dev !== name) return undefined;
  return rule.data[0].expr[0].match.right.toLowerCase();
}

/** Replaces whatever the table held, in one transaction. */
const rules = (name: string, mac: string): string => {
  const table = tableOf(name);
  return [
    `add table ${table}`,
    `delete table ${table}`,
    `add table ${table}`,
    `add chain ${table} out { type filter hook egress device "${name}" priority 0; policy accept; }`,
    `add rule ${table} out ether saddr != ${mac} drop`,
  ].join('; ');
};

export const ownMac: Part<NicPlan> = {
  async do(plan, host, remember) {
    const mac = plan.ownMacOnly === true ? await macOf(plan, host) : undefined;
    if (mac === undefined || (await allowedMac(plan, host)) === mac) return;
    await remember({ [key]: 'absent' });
    await host.exec('nft', [rules(plan.name, mac)]);
  },
  async undo({ name }, before, { exec }) {
    const table = tableOf(name);
    if (before[key] !== undefined) await exec('nft', [`add table ${table}; delete table ${table}`]);
  },
  async verify(plan, host) {
    if (plan.ownMacOnly !== true) return undefined;
    const mac = await macOf(plan, host);
    const allowed = await allowedMac(plan, host);
    if (mac !== undefined && allowed === mac) return set(`only ${mac} may send`);
    return failed(`${allowed ?? 'any MAC'} may send, not ${mac} alone`);
  },
};
