/** Every driver, one line each. The order decides only between drivers that are as sure and as narrow as each other. */
import type { Driver } from './driver.ts';
import { alibaba } from './drivers/alibaba.ts';
import { awsNitro } from './drivers/aws-nitro.ts';
import { awsXen } from './drivers/aws-xen.ts';
import { azure } from './drivers/azure.ts';
import { cloudstack } from './drivers/cloudstack.ts';
import { digitalocean } from './drivers/digitalocean.ts';
import { gce } from './drivers/gce.ts';
import { generic } from './drivers/generic.ts';
import { hetzner } from './drivers/hetzner.ts';
import { hyperv } from './drivers/hyperv.ts';
import { openstackKvm } from './drivers/openstack-kvm.ts';
import { oracle } from './drivers/oracle.ts';
import { vmware } from './drivers/vmware.ts';
import { xenHvm } from './drivers/xen-hvm.ts';

export const drivers: readonly Driver[] = [
  awsNitro, //
  awsXen,
  gce,
  azure,
  alibaba,
  oracle,
  digitalocean,
  hetzner,
  openstackKvm,
  cloudstack,
  vmware,
  hyperv,
  xenHvm,
  generic,
];

export const driverNamed = (name: string): Driver | undefined =>
  drivers.find((driver) => driver.name === name);
