/**
 * What GCE tells an instance of itself, as its JSON has it. Names and forms: Compute Engine, "Predefined metadata
 * keys"; what a first boot needs of them: cloud-init, DataSourceGCE.
 */
import type { Instance, Situation } from './instance.ts';
import { netmask } from './ipv4.ts';
import type { Json } from './message.ts';

const projectNumber = 123_456_789_012;
const zone = 'us-central1-a';

export const gceTree = (situation: Situation): Json => ({
  instance: instanceTree(situation),
  oslogin: { authenticate: { sessions: {} } },
  project: { attributes: {}, numericProjectId: projectNumber, projectId: 'blanket-local' },
});

function instanceTree({ instance, notice }: Situation): Json {
  const { name, userData, uplink } = instance;
  return {
    attributes: userData === undefined ? {} : { 'user-data': userData },
    cpuPlatform: 'Unknown CPU Platform',
    description: '',
    disks: [{ deviceName: name, index: 0, interface: 'SCSI', mode: 'READ_WRITE', type: 'PERSISTENT' }],
    hostname: `${name}.${zone}.c.blanket-local.internal`,
    id: gceInstanceId(instance),
    image: '',
    machineType: `projects/${projectNumber}/machineTypes/n2-standard-2`,
    maintenanceEvent: notice?.kind === 'maintenance' ? 'TERMINATE_ON_HOST_MAINTENANCE' : 'NONE',
    name,
    networkInterfaces: [
      {
        ip: uplink.address,
        mac: uplink.mac,
        mtu: 1460,
        network: `projects/${projectNumber}/networks/default`,
        subnetmask: netmask(uplink.prefixLength),
      },
    ],
    preempted: notice?.kind === 'reclaim' ? 'TRUE' : 'FALSE',
    scheduling: { automaticRestart: 'FALSE', onHostMaintenance: 'TERMINATE', preemptible: 'TRUE' },
    serviceAccounts: {},
    tags: [],
    zone: `projects/${projectNumber}/zones/${zone}`,
  };
}

/** The original's ids are unsigned 64-bit numbers; one that JSON's readers keep exact is short enough here. */
const gceInstanceId = ({ id }: Instance): number => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
