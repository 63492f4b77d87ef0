/** What a person has to do so that other hosts' tunnels come through to a host, by what its driver knows of its cloud. */
import { BlanketError, type Problem } from '../../wire/errors.ts';
import type { HostRecord } from '../store/records.ts';
import { tunnelPort } from './addresses.ts';

const where = new Map(
  Object.entries({
    alibaba: "its instance's security group",
    'aws-nitro': "its instance's security group (and its subnet's network ACL)",
    'aws-xen': "its instance's security group (and its subnet's network ACL)",
    azure: 'the network security groups of its interface and of its subnet',
    cloudstack: "its security group, or its network's egress and firewall rules",
    digitalocean: 'the cloud firewall that its droplet is under',
    gce: "its VPC network's firewall rules",
    hetzner: 'the cloud firewall that its server is under',
    'openstack-kvm': 'the security group of its port',
    oracle: "its subnet's security list or network security group, and the firewall inside the machine",
    vmware: "its network's firewall, if there is one, and that of the machine",
  }),
);
const anywhere = 'the firewalls of its machine and of its network';

const howTo = ({ driver }: HostRecord): string =>
  `Let UDP port ${tunnelPort} in and out in ${where.get(driver ?? '') ?? anywhere}, from and to the other hosts' addresses; if it is behind a NAT, say so (\`nat: true\` of an ssh cloud's machine). Then provision it again.`;

const among = (names: readonly string[]): string =>
  names.length === 1 ? String(names[0]) : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

/** None of the hosts that are ready was heard. */
export const blocked = (host: HostRecord, missing: readonly string[], waitedMs: number): BlanketError =>
  new BlanketError(
    'tunnel.blocked',
    `${host.name} is not heard through its tunnel by ${among(missing)} after ${waitedMs / 1000} s: UDP port ${tunnelPort} is blocked on the way.`,
    { kind: 'blocked', next: howTo(host), data: { host: host.name, port: tunnelPort, hosts: missing } },
  );

/** Some were. */
export const partlyBlocked = (host: HostRecord, missing: readonly string[]): Problem => ({
  code: 'tunnel.partly-blocked',
  kind: 'blocked',
  message: `${host.name} and ${among(missing)} do not hear each other's tunnels directly: what they send each other goes through a host that hears both.`,
  next: howTo(host).replace('Then provision it again.', 'The direct way is then found by itself.'),
  data: { host: host.name, port: tunnelPort, hosts: missing },
});
