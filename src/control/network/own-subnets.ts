/** The networks that a host's own cards are on. A guest network over one of them would cut the host off. */
import { factsSchema } from '../../blanket-drivers/facts.ts';
import type { Services } from '../services.ts';
import { type HostRecord, hostSubnetSchema } from '../store/records.ts';

/** Asks the host and keeps what it says. */
export async function learnSubnets({ store, agents }: Services, host: string): Promise<HostRecord> {
  const { nics } = factsSchema.parse(await agents.call(host, 'facts.read', {}));
  const addresses = nics.flatMap((nic) => nic.addresses);
  // one without a prefix is of a way from point to point, and no network
  const subnets = addresses.filter((address) => hostSubnetSchema.safeParse(address).success);
  return store.hosts.update(host, { subnets });
}
