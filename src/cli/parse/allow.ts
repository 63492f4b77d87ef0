/**
 * What may reach a guest, as a person types it after `--allow`:
 *
 *   RULE[,RULE…] [from SOURCE[,SOURCE…]]
 *
 *   RULE    tcp/22   tcp/8000-8010   udp/53   tcp   udp   icmp   all
 *   SOURCE  10.0.0.0/8   192.0.2.7   fd00::/8   any
 *
 * The sources are of all rules before them in the same value, and only of these.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { InvalidArgumentError } from 'commander';
import { type AllowRule, allowRuleSchema } from '../../wire/network.ts';

type Piece = { text: string; at: number };
type Wanted = Pick<AllowRule, 'protocol' | 'ports'>;

const protocols = ['tcp', 'udp', 'icmp'] as const;
const example = 'write it like `tcp/22,tcp/8000-8010 from 10.0.0.0/8`';

/** Rules in the order typed, added to `earlier` ones of the same option; what is said twice is there once. */
export function parseAllow(text: string, earlier: readonly AllowRule[] = []): AllowRule[] {
  const from = /(?:^|\s)from(?:\s|$)/i.exec(text);
  const end = from?.index ?? text.length;
  const rules = pieces(text.slice(0, end), 1).flatMap(readRule);
  const behind = from === null ? undefined : end + from[0].length;
  const sources = behind === undefined ? [undefined] : pieces(text.slice(behind), behind + 1).map(readSource);
  const made = sources.flatMap((source) => rules.map((rule) => toRule(rule, source)));
  const known = new Map([...earlier, ...made].map((rule) => [JSON.stringify(rule), rule]));
  return [...known.values()];
}

/** Cut at commas; `at` is where a piece begins in the whole value, counted from 1. */
function pieces(text: string, first: number): Piece[] {
  let at = first;
  return text.split(',').map((part) => {
    const piece = { text: part.trim(), at: at + (part.length - part.trimStart().length) };
    at += part.length + 1;
    return piece;
  });
}

function fault({ text, at }: Piece, why: string): InvalidArgumentError {
  const what = text === '' ? 'nothing stands there' : `\`${text}\``;
  return new InvalidArgumentError(`At character ${at}, ${what}: ${why}.`);
}

function readRule(piece: Piece): Wanted[] {
  const { text } = piece;
  if (text === '') throw fault(piece, `a rule is missing; ${example}`);
  if (/\s/.test(text)) throw fault(piece, 'put commas between rules, and `from` before sources');
  const [name = '', ports, ...more] = text.toLowerCase().split('/');
  if (/^[\d-]+$/.test(name)) {
    const protocol = protocols.find((one) => one === ports) ?? 'tcp';
    throw fault(piece, `the protocol comes first, like \`${protocol}/${name}\``);
  }
  const named = name === 'all' ? protocols : protocols.filter((protocol) => protocol === name);
  if (named.length === 0) throw fault(piece, 'a rule begins with tcp, udp, icmp or all');
  if (ports === undefined) return named.map((protocol) => ({ protocol }));
  if (name === 'icmp' || name === 'all') throw fault(piece, `${name} has no ports`);
  if (more.length > 0) throw fault(piece, 'only ports follow the protocol; a source comes after `from`');
  return named.map((protocol) => ({ protocol, ports: readPorts(piece, ports) }));
}

function readPorts(piece: Piece, text: string): { first: number; last: number } {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  if (match === null) throw fault(piece, 'ports are a number or two with a -, like 22 or 8000-8010');
  const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
  if ([first, last].some((port) => port < 1 || port > 65_535)) throw fault(piece, 'ports are 1 to 65535');
  if (first > last) throw fault(piece, 'a range of ports begins with the lower');
  return { first, last };
}

/** With a prefix; `undefined` is any. */
function readSource(piece: Piece): string | undefined {
  const text = piece.text.toLowerCase();
  if (text === 'any') return undefined;
  const [address = '', bits, ...more] = text.split('/');
  const width = isIPv4(address) ? 32 : isIPv6(address) && !address.includes('%') ? 128 : 0;
  if (width === 0 || more.length > 0) {
    throw fault(piece, 'a source is an address, like 192.0.2.7, or a network, like 10.0.0.0/8 or fd00::/8');
  }
  if (bits === undefined) return `${address}/${width}`;
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > width) throw fault(piece, `its prefix is 0 to ${width} bits`);
  const inside = numberOf(address) & ((1n << BigInt(width - Number(bits))) - 1n);
  if (inside !== 0n) {
    throw fault(piece, `it has bits below its prefix; for this address alone, write ${address}/${width}`);
  }
  return `${address}/${Number(bits)}`;
}

/** A whole address as a number. The text is known to be an address. */
function numberOf(address: string): bigint {
  if (isIPv4(address)) return join(address.split('.').map(Number), 8n);
  const [head = [], tail] = address.split('::').map(groups);
  if (tail === undefined) return join(head, 16n);
  return join([...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail], 16n);
}

/** Of IPv6's text; an IPv4 address at its end is two groups: RFC 4291, 2.2. */
const groups = (text: string): number[] =>
  text === ''
    ? []
    : text.split(':').flatMap((group) => {
        if (!group.includes('.')) return [Number.parseInt(group, 16)];
        const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
        return [a * 256 + b, c * 256 + d];
      });

const join = (parts: readonly number[], width: bigint): bigint =>
  parts.reduce((sum, part) => (sum << width) + BigInt(part), 0n);

/** Checked once more by the contract's own schema, which is what control will do. */
function toRule(wanted: Wanted, from: string | undefined): AllowRule {
  const parsed = allowRuleSchema.safeParse({ ...wanted, ...(from !== undefined && { from }) });
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(`${parsed.error.issues[0]?.message ?? 'It is no rule'}.`);
}
