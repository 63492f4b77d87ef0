/** Every driver, one line each; `generic` is last because it takes what nobody else claims. */
import type { Driver } from './driver.ts';
import { generic } from './drivers/generic.ts';
import { openstackKvm } from './drivers/openstack-kvm.ts';
import { vmware } from './drivers/vmware.ts';

export const drivers: readonly Driver[] = [
  openstackKvm, //
  vmware,
  generic,
];

export const driverNamed = (name: string): Driver | undefined =>
  drivers.find((driver) => driver.name === name);
