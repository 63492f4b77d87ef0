/**
 * The owner's own firewall beside the filter of guest networks. A packet goes on only when every table's chain lets it, so
 * one that drops what it does not know (ufw, firewalld, Docker's FORWARD) cuts guests off, whatever the filter says. It is the
 * owner's, and left alone; but it is told.
 */
import { z } from 'zod';
import { BlanketError, type Problem, toProblem } from '../../wire/errors.ts';
import { tunnelInterface } from '../tunnel.ts';
import { type Nft, nftHere } from './filter.ts';
import { tableName } from './nft-text.ts';

/** By hook: a direction and the devices, as nft's pattern, that must be let through in it. */
const needs = {
  input: [
    ['iifname', 'bg*'],
    ['iifname', tunnelInterface],
  ],
  forward: [
    ['iifname', tunnelInterface],
    ['iifname', 'bg*'],
    ['iifname', 'bl*'],
    ['oifname', 'bl*'],
  ],
} as const;
type Hook = keyof typeof needs;
const isHook = (hook: string | undefined): hook is Hook => hook !== undefined && hook in needs;

const cuts: Record<Hook, string> = {
  input: 'guests may get no address, no names and no metadata, and hosts nothing of each other',
  forward:
    'guests may have no way out, published ports no answer, and hosts that cannot reach each other no way over this one',
};

/** libnftables-json(5). A statement is an object with one key, which is what it does. */
const statement = z.record(z.string(), z.unknown());
const chainSchema = z.object({
  family: z.string(),
  table: z.string(),
  name: z.string(),
  hook: z.string().optional(),
  policy: z.string().optional(),
});
const ruleSchema = z.object({ chain: z.string(), expr: z.array(statement).default([]) });
const listingSchema = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(
    z.object({
      nftables: z.array(z.object({ chain: chainSchema.optional(), rule: ruleSchema.optional() })),
    }),
  );
type Chain = z.infer<typeof chainSchema>;
type Rule = z.infer<typeof ruleSchema>;

async function list(nft: Nft, ...what: string[]): Promise<{ chains: Chain[]; rules: Rule[] }> {
  const { nftables } = listingSchema.parse(await nft(['-j', 'list', ...what]));
  return {
    chains: nftables.flatMap(({ chain }) => chain ?? []),
    rules: nftables.flatMap(({ rule }) => rule ?? []),
  };
}

const rejectTarget = z.object({ type: z.literal('target'), name: z.literal('REJECT') });
/** iptables' own, which nft shows by name only. */
const isReject = ({ xt }: z.infer<typeof statement>): boolean => rejectTarget.safeParse(xt).success;

/** What a rule does beside counting and telling. */
const deeds = ({ expr }: Rule) => expr.filter((one) => !('counter' in one || 'log' in one));

function endsAll(rule: Rule | undefined): boolean {
  const [deed, ...others] = rule === undefined ? [] : deeds(rule);
  if (deed === undefined || others.length > 0) return false;
  return 'drop' in deed || 'reject' in deed || isReject(deed);
}

const matchSchema = z.object({
  match: z.object({
    op: z.literal('=='),
    left: z.object({ meta: z.object({ key: z.string() }) }),
    right: z.string(),
  }),
});

const covers = (pattern: string, device: string): boolean =>
  pattern.endsWith('*') ? device.startsWith(pattern.slice(0, -1)) : device === pattern;

/** Whether all from or to these devices is let on, or led to a chain that its owner made for it. */
const lets =
  (key: string, device: string) =>
  (rule: Rule): boolean => {
    const [first, second, ...others] = deeds(rule);
    const { data } = matchSchema.safeParse(first);
    if (data === undefined || second === undefined || others.length > 0) return false;
    const { left, right } = data.match;
    if (left.meta.key !== key || !covers(right, device)) return false;
    return 'accept' in second || 'jump' in second || 'goto' in second;
  };

/** Jumps, gotos and the verdicts of maps alike name their chain as a target. */
const targetsOf = ({ expr }: Rule): string[] =>
  [...JSON.stringify(expr).matchAll(/"target":"([^"]+)"/g)].map(([, name = '']) => name);

/** The rules of a chain and of those that it leads to. */
function rulesFrom(rules: readonly Rule[], name: string): Rule[] {
  const reached = new Set([name]);
  // a set goes on with what is added to it meanwhile
  for (const chain of reached)
    for (const rule of rules.filter((one) => one.chain === chain))
      for (const target of targetsOf(rule)) reached.add(target);
  return rules.filter(({ chain }) => reached.has(chain));
}

function problemOf({ family, table, name }: Chain, hook: Hook, missing: readonly string[]): Problem {
  const where = `chain ${name} of nftables' table ${family} ${table}`;
  return toProblem(
    new BlanketError(
      'network.foreign-firewall',
      `This host has a firewall of its owner's: ${where} drops what it does not know, so ${cuts[hook]}.`,
      {
        kind: 'attention',
        next: `Let that firewall accept: ${missing.join('; ')}. Blanket's own filter judges these devices.`,
        data: { family, table, chain: name, hook, missing },
      },
    ),
  );
}

const routed = ['ip', 'ip6', 'inet'];

async function judge(nft: Nft, chain: Chain, devices: 'all' | 'tunnel'): Promise<Problem[]> {
  const { family, table, name, hook, policy } = chain;
  if (!isHook(hook)) return [];
  const { rules } = await list(nft, 'table', family, table);
  const last = rules.filter((rule) => rule.chain === name).at(-1);
  if (policy !== 'drop' && !endsAll(last)) return [];
  const seen = rulesFrom(rules, name);
  const missing = needs[hook]
    .filter(([, device]) => devices === 'all' || device === tunnelInterface)
    .filter(([key, device]) => !seen.some(lets(key, device)))
    .map(([key, device]) => `${key} "${device}"`);
  return missing.length === 0 ? [] : [problemOf(chain, hook, missing)];
}

/** @param nft reaches the nftables in question. */
export async function foreignFirewallsIn(nft: Nft): Promise<Problem[]> {
  const { chains } = await list(nft, 'chains');
  const own = chains.filter(({ table }) => table === tableName);
  if (own.length === 0) return []; // neither guests nor a tunnel to cut off
  const devices = own.some(({ family }) => family === 'bridge') ? 'all' : 'tunnel';
  const foreign = chains.filter(({ family, table }) => routed.includes(family) && table !== tableName);
  return (await Promise.all(foreign.map((chain) => judge(nft, chain, devices)))).flat();
}

/** What of this host's owner's firewall cuts guests off, a problem for each chain. @throws CommandError of nft. */
export const foreignFirewalls = (): Promise<Problem[]> => foreignFirewallsIn(nftHere);
