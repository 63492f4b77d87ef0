/**
 * Other hosts are told an address and never a name: `wg` takes nothing of a configuration in which one name cannot be
 * resolved, and tries for a minute first, so one machine's DNS would hold every host's tunnels up.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { BlanketError } from '../../wire/errors.ts';

type Lookup = (name: string) => Promise<{ address: string }>;

/** IPv4 first, for only its paths can be measured. */
const usual: Lookup = (name) => lookup(name, { order: 'ipv4first' });

/**
 * The address that a name stands for now, as this machine knows it; an address is given back as it is.
 * @throws BlanketError `host.unresolved`
 */
export async function resolveAddress(host: string, name: string, ask: Lookup = usual): Promise<string> {
  if (isIP(name) !== 0) return name;
  try {
    return (await ask(name)).address;
  } catch (cause) {
    const message = `${name}, where other hosts are to reach ${host}, stands for no address.`;
    throw new BlanketError('host.unresolved', message, {
      kind: 'blocked',
      next: "Say `address:` with an IP address in the cloud's configuration of this machine, or try again when its name is known.",
      data: { host, address: name },
      cause,
    });
  }
}
