/**
 * Whether the root file system is named by something that stays the same when disks are found in another order: by
 * UUID, label or partition UUID. The image says so, in the kernel's arguments or in /etc/fstab; here it is only read.
 */
import type { Files } from '../access.ts';
import type { Part } from './parts.ts';
import { refused, set } from './report.ts';
import type { DiskPlan } from './shim.ts';

const stable = /^(UUID|LABEL|PARTUUID|PARTLABEL)=|^\/dev\/(disk\/by-|mapper\/)/;

/** Field 3 of /proc/self/mountinfo is the device, field 5 where it is mounted (proc_pid_mountinfo(5)). */
async function isRootDisk(files: Files, name: string): Promise<boolean> {
  const lines = ((await files.text('/proc/self/mountinfo')) ?? '').split('\n').map((line) => line.split(' '));
  const device = lines.find((fields) => fields[4] === '/')?.[2];
  const link = device === undefined ? undefined : await files.link(`/sys/dev/block/${device}`);
  return link?.split('/').includes(name) === true;
}

async function namesOfRoot(files: Files): Promise<string[]> {
  const root = /(?:^|\s)root=(\S+)/.exec((await files.text('/proc/cmdline')) ?? '')?.[1];
  const entries = ((await files.text('/etc/fstab')) ?? '')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const mounted = entries.find(([device, place]) => place === '/' && device?.startsWith('#') === false)?.[0];
  return [root, mounted].flatMap((name) => (name === undefined ? [] : [name]));
}

export const stableRoot: Part<DiskPlan> = {
  async verify(plan, { files }) {
    if (plan.stableName !== true || !(await isRootDisk(files, plan.name))) return undefined;
    const names = await namesOfRoot(files);
    const shaky = names.find((name) => !stable.test(name));
    if (shaky !== undefined)
      return refused(
        `root is named ${shaky}, which another order of disks changes: let /etc/fstab and root= say UUID=`,
      );
    return names.length === 0 ? refused('nothing tells how root is named') : set(`root is ${names[0]}`);
  },
};
