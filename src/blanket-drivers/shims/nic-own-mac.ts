/**
 * Lets no frame out of the card under another MAC than its own: clouds drop such frames, or stop the VM that sends
 * them. It is a table of nftables for this card alone, with one chain on the card's way out (the egress hook of the
 * family `netdev`, Linux 5.16 and later), so taking it back is removing that table.
 *
 * A card that others send through under MACs of their own (a bridge, a bond, a macvlan, a VLAN) is left alone: the
 * rule would cut the host off.
 */
import { z } from 'zod';
import type { HostAccess } from '../access.ts';
import type { Part } from './parts.ts';
import { failed, refused, set } from './report.ts';
import type { NicPlan, Report } from './shim.ts';

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

const inSysfs = (name: string, file: string) => `/sys/class/net/${name}/${file}`;

const macOf = async ({ name }: NicPlan, { files }: HostAccess) =>
  (await files.text(inSysfs(name, 'address')))?.trim().toLowerCase();

/**
 * The kernel's links in sysfs (Documentation/ABI/testing/sysfs-class-net): `master` is the bridge or bond that holds
 * the card, `upper_<x>` a device right on top of it. A bridge of the card's own MAC still sends what its other ports
 * do, and a VLAN of that MAC may lie in a bridge itself.
 */
async function carriesOthers(name: string, { files }: Pick<HostAccess, 'files'>): Promise<boolean> {
  if ((await files.link(inSysfs(name, 'master'))) !== undefined) return true;
  const own = await files.text(inSysfs(name, 'address'));
  const entries = (await files.list(`/sys/class/net/${name}`)).filter((entry) => entry.startsWith('upper_'));
  for (const upper of entries.map((entry) => entry.slice('upper_'.length))) {
    if ((await files.text(inSysfs(upper, 'address'))) !== own) return true;
    if (await carriesOthers(upper, { files })) return true;
  }
  return false;
}

/** As JSON; `undefined` when there is no such table, for which nft fails. */
const tableText = ({ name }: NicPlan, { exec }: HostAccess): Promise<string | undefined> =>
  exec('nft', ['-j', 'list', 'table', 'netdev', `blanket_${name}`]).catch(() => undefined);

/** @returns the only MAC that may leave; `undefined` when there is no such rule, or more than it. */
async function allowedMac(plan: NicPlan, host: HostAccess): Promise<string | undefined> {
  const { name } = plan;
  const text = await tableText(plan, host);
  if (text === undefined) return undefined;
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

const removal = (name: string): string => `add table ${tableOf(name)}; delete table ${tableOf(name)}`;

/** A table from before the card carried others; that it goes is not noted, for undoing must not bring it back. */
async function leaveAlone(plan: NicPlan, host: HostAccess): Promise<void> {
  if ((await tableText(plan, host)) !== undefined) await host.exec('nft', [removal(plan.name)]);
}

export const ownMac: Part<NicPlan> = {
  async do(plan, host, remember) {
    if (plan.ownMacOnly !== true) return;
    if (await carriesOthers(plan.name, host)) return leaveAlone(plan, host);
    const mac = await macOf(plan, host);
    if (mac === undefined || (await allowedMac(plan, host)) === mac) return;
    await remember({ [key]: 'absent' });
    await host.exec('nft', [rules(plan.name, mac)]);
  },
  async undo({ name }, before, { exec }) {
    if (before[key] !== undefined) await exec('nft', [removal(name)]);
  },
  async verify(plan, host) {
    if (plan.ownMacOnly !== true) return undefined;
    if (await carriesOthers(plan.name, host)) return carried(plan, host);
    const mac = await macOf(plan, host);
    const allowed = await allowedMac(plan, host);
    if (mac !== undefined && allowed === mac) return set(`only ${mac} may send`);
    return failed(`${allowed ?? 'any MAC'} may send, not ${mac} alone`);
  },
};

/** A table that is still there drops what the others send: the driver has to be applied again. */
async function carried(plan: NicPlan, host: HostAccess): Promise<Report> {
  const why = 'a bridge, bond or VLAN sends through it under its own MAC';
  const left = await tableText(plan, host);
  return left === undefined
    ? refused(`any MAC may send: ${why}`)
    : failed(`the table ${tableOf(plan.name)} still holds, though ${why}`);
}
