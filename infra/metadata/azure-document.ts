/** What Azure tells an instance of itself. Names: "Azure Instance Metadata Service", "Scheduled Events for Linux VMs". */
import type { Instance, Situation } from './instance.ts';
import { networkOf } from './ipv4.ts';
import type { Json } from './message.ts';

export const instanceDocument = ({ instance }: Situation): Json => ({
  compute: {
    azEnvironment: 'AzurePublicCloud',
    location: 'westeurope',
    name: instance.name,
    osType: 'Linux',
    priority: 'Spot',
    provider: 'Microsoft.Compute',
    resourceGroupName: 'blanket',
    resourceId: `/subscriptions/${instance.id}/resourceGroups/blanket/providers/Microsoft.Compute/virtualMachines/${instance.name}`,
    subscriptionId: instance.id,
    tags: '',
    userData: Buffer.from(instance.userData ?? '').toString('base64'),
    vmId: instance.id,
    vmSize: 'Standard_D2s_v5',
    zone: '1',
  },
  network: { interface: [networkInterface(instance)] },
});

const networkInterface = ({ uplink }: Instance): Json => ({
  ipv4: {
    ipAddress: [{ privateIpAddress: uplink.address, publicIpAddress: '' }],
    subnet: [
      {
        address: networkOf(uplink.address, uplink.prefixLength),
        prefix: String(uplink.prefixLength),
      },
    ],
  },
  ipv6: { ipAddress: [] },
  macAddress: uplink.mac.replaceAll(':', '').toUpperCase(),
});

/** `DocumentIncarnation` grows with each change of the events. */
export function eventsDocument({ instance, notice }: Situation): object {
  if (notice === undefined || notice.kind === 'risk') return { DocumentIncarnation: 1, Events: [] };
  const preempt = notice.kind === 'reclaim';
  const event = {
    EventId: notice.id.toUpperCase(),
    EventStatus: notice.acknowledged ? 'Started' : 'Scheduled',
    EventType: preempt ? 'Preempt' : 'Reboot',
    ResourceType: 'VirtualMachine',
    Resources: [instance.name],
    // Empty once it has started (Scheduled Events, "Event properties").
    NotBefore: notice.acknowledged ? '' : new Date(notice.at).toUTCString(),
    Description: preempt ? 'Virtual machine is being preempted.' : 'Host server is undergoing maintenance.',
    EventSource: 'Platform',
    DurationInSeconds: -1,
  };
  return { DocumentIncarnation: notice.acknowledged ? 3 : 2, Events: [event] };
}
