/**
 * What AWS tells an instance of itself. Categories and forms: EC2 User Guide, "Instance metadata categories",
 * "Spot Instance interruption notices", "Instance identity documents"; what a first boot needs of them: cloud-init,
 * DataSourceEc2. It reads all that is listed, each with a connection of its own, so only what somebody asks for is here.
 */
import type { Instance, Situation } from './instance.ts';
import { networkOf } from './ipv4.ts';
import type { Tree } from './tree.ts';

const region = 'us-east-1';
const zone = `${region}a`;
const account = '123456789012';
const instanceType = 'c8i.xlarge';
const ami = 'ami-0b1a4e7b1a4e7b1a4';

export function awsTree(situation: Situation): Tree {
  const { userData } = situation.instance;
  return {
    dynamic: { 'instance-identity': { document: identityDocument(situation.instance) } },
    'meta-data': metaData(situation),
    'user-data': userData,
  };
}

function metaData({ instance, notice }: Situation): Tree {
  const hostname = hostnameOf(instance);
  return {
    'ami-id': ami,
    events: events({ instance, notice }),
    hostname,
    'instance-id': awsInstanceId(instance),
    'instance-life-cycle': 'spot',
    'instance-type': instanceType,
    'local-hostname': hostname,
    'local-ipv4': instance.uplink.address,
    mac: instance.uplink.mac,
    network: { interfaces: { macs: { [instance.uplink.mac]: networkInterface(instance) } } },
    placement: { 'availability-zone': zone, region },
    spot: spot(notice),
  };
}

/** Only the uplink: what lies on the second card is no network of this cloud. */
function networkInterface(instance: Instance): Tree {
  const { mac, address, prefixLength } = instance.uplink;
  const network = `${networkOf(address, prefixLength)}/${prefixLength}`;
  return {
    'device-number': '0',
    'local-ipv4s': address,
    mac,
    'subnet-ipv4-cidr-block': network,
  };
}

function events({ instance, notice }: Pick<Situation, 'instance' | 'notice'>): Tree {
  const due = notice?.kind === 'maintenance' ? [scheduledEvent(instance, notice)] : [];
  const recommendations =
    notice?.kind === 'risk' || notice?.kind === 'reclaim'
      ? { rebalance: JSON.stringify({ noticeTime: secondsForm(notice.announcedAt) }) }
      : undefined;
  return { maintenance: { history: '[]', scheduled: JSON.stringify(due) }, recommendations };
}

const scheduledEvent = (instance: Instance, { id, at }: { id: string; at: string }) => ({
  NotBefore: eventTime(at),
  Code: 'system-reboot',
  Description: 'scheduled reboot',
  EventId: `instance-event-${id.replaceAll('-', '').slice(0, 17)}`,
  InstanceId: awsInstanceId(instance),
  NotAfter: eventTime(new Date(Date.parse(at) + 2 * 3_600_000).toISOString()),
  State: 'active',
});

/** There is no such folder until a notice is given: pollers live on its 404. */
function spot(notice: Situation['notice']): Tree | undefined {
  if (notice?.kind !== 'reclaim') return undefined;
  const time = secondsForm(notice.at);
  return { 'instance-action': JSON.stringify({ action: 'terminate', time }), 'termination-time': time };
}

const identityDocument = (instance: Instance): string =>
  JSON.stringify(
    {
      accountId: account,
      architecture: 'x86_64',
      availabilityZone: zone,
      imageId: ami,
      instanceId: awsInstanceId(instance),
      instanceType,
      pendingTime: secondsForm(instance.launchedAt),
      privateIp: instance.uplink.address,
      region,
      version: '2017-09-30',
    },
    undefined,
    2,
  );

/** `i-` and 17 hexadecimal digits. */
export const awsInstanceId = (instance: Instance): string => `i-${hexOf(instance).slice(0, 17)}`;

const hexOf = ({ id }: Instance): string => id.replaceAll('-', '');
const hostnameOf = ({ uplink }: Instance): string => `ip-${uplink.address.replaceAll('.', '-')}.ec2.internal`;

/** As in `2026-11-22T10:00:00Z`. */
const secondsForm = (iso: string): string => `${new Date(iso).toISOString().slice(0, 19)}Z`;

/** As in `21 Jan 2026 09:00:43 GMT`. */
const eventTime = (iso: string): string => new Date(iso).toUTCString().replace(/^\w+, /, '');
