/** How a guest is reached, as people read it. */
import type { AllowRule, PublishedPort } from '../../wire/network.ts';

const portsText = ({ ports }: AllowRule): string => {
  if (ports === undefined) return '';
  return ports.first === ports.last ? `/${ports.first}` : `/${ports.first}-${ports.last}`;
};

/** One line for the rules of each source, as `--allow` takes them. */
export function allowLines(allow: readonly AllowRule[]): string[] {
  const bySource = Map.groupBy(allow, ({ from }) => from);
  return [...bySource].map(([from, rules]) => {
    const list = rules.map((rule) => `${rule.protocol}${portsText(rule)}`).join(',');
    return from === undefined ? list : `${list} from ${from}`;
  });
}

export const firewallLines = (allow: readonly AllowRule[] | null): string[] => {
  if (allow === null) return ['open to all'];
  return allow.length === 0 ? ['closed to all'] : allowLines(allow);
};

export const publishedText = ({ protocol, port, toPort, hosts }: PublishedPort): string =>
  `${port}:${toPort}/${protocol} on ${hosts === null ? 'every host' : hosts.join(', ')}`;
