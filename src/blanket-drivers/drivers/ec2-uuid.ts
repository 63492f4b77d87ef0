/**
 * AWS gives its instances UUIDs that begin with `ec2`. Firmware may write a UUID's first field with its bytes swapped,
 * so that EC2AE145-… reads 45E12AEC-… (AWS's guide, "Identify EC2 instances").
 */
const asWritten = /^ec2/i;
const swapped = /^[0-9a-f]{4}2[0-9a-f]ec-/i;

export const isEc2Uuid = (uuid: string | undefined): boolean =>
  uuid !== undefined && (asWritten.test(uuid) || swapped.test(uuid));

export const ec2Evidence = (name: string, uuid: string): string =>
  `${name} begins with ec2${asWritten.test(uuid) ? '' : ', bytes swapped'}`;
