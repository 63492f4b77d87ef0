/**
 * What a guest is told in the way of EC2's instance metadata service (EC2 User Guide, "Instance metadata categories").
 * Only categories that are true of a guest are there: it has no image id, instance type, zone or role of EC2's, it may run
 * in another cloud tomorrow, and a document of its identity would be worth nothing without a signature.
 *
 *   /<version>/meta-data/…   /<version>/user-data
 */
import { type Asker, fullNameOf, hostNameOf, type Nic } from './asker.ts';
import { type Folder, folder } from './tree.ts';

/**
 * Dates that cloud-init asks for, best first, and the one it falls back to (its DataSourceEc2: extended_metadata_versions,
 * min_metadata_version). All of them answer alike.
 */
const versions = ['2009-04-04', '2016-09-02', '2018-09-24', '2021-03-23', 'latest'];

/** EC2 leaves out IPv6 where there is none. `device-number` is the card's place in the guest's list. */
const interfaceFolder = (nic: Nic, index: number): Folder =>
  folder({
    'device-number': String(index),
    ipv6s: nic.card.address6 ?? undefined,
    'local-hostname': fullNameOf(nic),
    'local-ipv4s': nic.card.address,
    mac: nic.card.mac,
    'subnet-ipv4-cidr-block': nic.network.subnet,
    'subnet-ipv6-cidr-blocks': nic.network.subnet6 ?? undefined,
  });

const interfaces = (nics: readonly Nic[]): Folder =>
  folder({
    interfaces: folder({
      macs: folder(Object.fromEntries(nics.map((nic, index) => [nic.card.mac, interfaceFolder(nic, index)]))),
    }),
  });

/** EC2 lists a key as `0=name` and gives it at `0/openssh-key`. Ours have no names, so each is called after its place. */
const publicKeys = (keys: readonly string[]): Folder | undefined =>
  keys.length === 0
    ? undefined
    : folder(
        Object.fromEntries(keys.map((key, index) => [String(index), folder({ 'openssh-key': key })])),
        keys.map((_key, index) => `${index}=key-${index}`),
      );

function metaData(asker: Asker): Folder {
  const { spec, nics } = asker;
  const [first] = nics;
  return folder({
    hostname: hostNameOf(asker),
    'instance-id': spec.uuid,
    ipv6: first?.card.address6 ?? undefined,
    'local-hostname': hostNameOf(asker),
    'local-ipv4': first?.card.address,
    mac: first?.card.mac,
    network: interfaces(nics),
    'public-keys': publicKeys(spec.metadata.sshKeys),
  });
}

/** `user-data` is not there when the guest has none: EC2 answers 404 then, and clients take that for none. */
export function ec2Folder(asker: Asker): Folder {
  const one = folder({
    'meta-data': metaData(asker),
    'user-data': asker.spec.metadata.userData ?? undefined,
  });
  return folder(Object.fromEntries(versions.map((version) => [version, one])));
}
