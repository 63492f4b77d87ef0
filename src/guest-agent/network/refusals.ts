/** What a host's guest networks refuse. */
import { BlanketError } from '../../wire/errors.ts';

export const unknownCard = (name: string, mac: string) =>
  new BlanketError('network.unknown-card', `This host was not told of a card ${mac} on network ${name}.`, {
    kind: 'not-found',
    data: { mac },
  });

export const inUse = (name: string, cards: number) =>
  new BlanketError('network.in-use', `Network ${name} still has ${cards} guest NIC(s) on this host.`, {
    kind: 'conflict',
    next: 'Stop or migrate those guests first.',
  });
