/**
 * OpenStack's metadata service: its own JSON below /openstack, and EC2's tree of before tokens beside it.
 * Nova, user documentation, "Metadata"; network_data.json: Nova, "OpenStack format metadata".
 */
import type { Instance, Situation } from './instance.ts';
import { netmask } from './ipv4.ts';
import { type MetadataRequest, type MetadataResponse, reply, text } from './message.ts';
import { find, list, type Tree } from './tree.ts';

const versions = ['2012-08-10', '2013-10-17', '2015-10-15', '2016-10-06', '2017-02-22', '2018-08-27'];
const ec2Versions = ['1.0', '2009-04-04', 'latest'];

export function openstack(request: MetadataRequest, { instance }: Situation): MetadataResponse {
  if (request.method !== 'GET' && request.method !== 'HEAD') return failure(405, 'Method Not Allowed');
  const [, first = '', ...rest] = request.path.split('/');
  if (first === 'openstack') return own(rest, instance);
  if (first === '') return rest.length === 0 ? text(ec2Versions.join('\n')) : failure(404, 'Not Found');
  if (!ec2Versions.includes(first)) return failure(404, 'Not Found');
  const found = find(ec2Tree(instance), rest.join('/'));
  if (found === undefined) return failure(404, 'Not Found');
  return text(typeof found === 'string' ? found : list(found));
}

function own([version = '', ...rest]: string[], instance: Instance): MetadataResponse {
  if (version === '') return text([...versions, 'latest'].join('\n'));
  if (![...versions, 'latest'].includes(version)) return failure(404, 'Not Found');
  const files = openstackFiles(instance);
  const name = rest.join('/');
  if (name === '') return text(Object.keys(files).join('\n'));
  const content = Object.hasOwn(files, name) ? files[name] : undefined;
  if (content === undefined) return failure(404, 'Not Found');
  return reply(200, name.endsWith('.json') ? 'application/json' : 'application/octet-stream', content);
}

/** What OpenStack's files tell of. */
export type OpenstackInstance = Pick<Instance, 'id' | 'name' | 'userData' | 'wan'> & {
  readonly uplink: Pick<Instance['uplink'], 'mac'>;
};

/** The files of a version; a config drive holds the same ones. */
export function openstackFiles(instance: OpenstackInstance): Record<string, string> {
  const { id, name, userData } = instance;
  return {
    'meta_data.json': json({
      uuid: id,
      name,
      hostname: name,
      launch_index: 0,
      availability_zone: 'nova',
    }),
    'network_data.json': json(networkData(instance)),
    ...(userData !== undefined && { user_data: userData }),
    'vendor_data.json': json({}),
    'vendor_data2.json': json({}),
  };
}

function networkData({ uplink, wan }: OpenstackInstance): object {
  const links = [
    { id: 'uplink', type: 'phy', ethernet_mac_address: uplink.mac },
    { id: 'wan', type: 'phy', ethernet_mac_address: wan.mac },
  ];
  const networks = [
    { id: 'uplink', link: 'uplink', type: 'ipv4_dhcp' },
    {
      id: 'wan',
      link: 'wan',
      type: 'ipv4',
      ip_address: wan.address,
      netmask: netmask(wan.prefixLength),
      routes: [],
    },
  ];
  return { links, networks, services: [] };
}

const ec2Tree = (instance: Instance): Tree => ({
  'meta-data': {
    'ami-id': 'None',
    'ami-launch-index': '0',
    hostname: instance.name,
    'instance-id': `i-${instance.id.slice(0, 8)}`,
    'instance-type': 'm1.small',
    'local-hostname': instance.name,
    'local-ipv4': instance.uplink.address,
    placement: { 'availability-zone': 'nova' },
  },
  'user-data': instance.userData,
});

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

const failure = (status: number, why: string): MetadataResponse =>
  reply(status, 'text/html; charset=UTF-8', `<html><head><title>${status} ${why}</title></head></html>\n`);
