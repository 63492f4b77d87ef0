/** Published ports as a person types them: `8080:80` or `8080:80/udp`, and `8080/udp` to name one. */
import { InvalidArgumentError } from 'commander';
import type { PublishedPort } from '../../wire/network.ts';

type Protocol = PublishedPort['protocol'];

/** `HOST-PORT:GUEST-PORT[/PROTOCOL]` */
export function parsePublish(text: string): { protocol: Protocol; port: number; toPort: number } {
  const [, port, toPort, protocol] = /^([^:/]*):([^:/]*)(?:\/(.*))?$/.exec(text) ?? [];
  if (port === undefined || toPort === undefined) {
    const both = /^\d+$/.test(text) ? `${text}:${text}` : '8080:80 or 5353:53/udp';
    throw new InvalidArgumentError(`Write the port of the hosts and that of the guest, like ${both}.`);
  }
  return { protocol: protocolOf(protocol), port: portOf(port, 'host'), toPort: portOf(toPort, 'guest') };
}

/** `HOST-PORT[/PROTOCOL]` */
export function parsePublished(text: string): { protocol: Protocol; port: number } {
  const [, port, protocol] = /^([^:/]*)(?:\/(.*))?$/.exec(text) ?? [];
  if (port === undefined) {
    throw new InvalidArgumentError('The port of the hosts is enough, like 8080 or 5353/udp.');
  }
  return { protocol: protocolOf(protocol), port: portOf(port, 'host') };
}

function protocolOf(text = 'tcp'): Protocol {
  const lower = text.toLowerCase();
  if (lower === 'tcp' || lower === 'udp') return lower;
  throw new InvalidArgumentError(`\`${text}\` is no protocol: ports are published for tcp or udp.`);
}

function portOf(text: string, whose: 'host' | 'guest'): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError(`\`${text}\` is no port of a ${whose}: ports are 1 to 65535.`);
}
