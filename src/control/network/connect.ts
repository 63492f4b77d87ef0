/** Two networks' guests reach each other: a bond that stands in both records or in none. Callers wrap it in a transaction. */
import { BlanketError } from '../../wire/errors.ts';
import type { Store } from '../store/store.ts';

type Networks = Pick<Store, 'networks'>;

/** @throws BlanketError `network.not-found`, `network.same` */
export function connect({ networks }: Networks, name: string, other: string): void {
  for (const [one, two] of pair({ networks }, name, other)) {
    const { connected } = networks.get(one);
    networks.update(one, { connected: [...connected.filter((known) => known !== two), two].sort() });
  }
}

/** @throws BlanketError `network.not-found`, `network.same` */
export function disconnect({ networks }: Networks, name: string, other: string): void {
  for (const [one, two] of pair({ networks }, name, other)) {
    const { connected } = networks.get(one);
    networks.update(one, { connected: connected.filter((known) => known !== two) });
  }
}

/** Both directions; both are there, or it throws before anything is changed. */
function pair({ networks }: Networks, name: string, other: string): readonly [string, string][] {
  networks.get(name);
  networks.get(other);
  if (name !== other) {
    return [
      [name, other],
      [other, name],
    ];
  }
  throw new BlanketError('network.same', `${name} cannot be connected with itself.`, {
    kind: 'usage',
    next: 'Name two networks; guests on one network reach each other always.',
    data: { network: name },
  });
}
