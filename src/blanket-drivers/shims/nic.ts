/** The cloud's NIC, the card that carries the tunnel. */
import { basename } from 'node:path';
import { channels } from './nic-channels.ts';
import { offloads } from './nic-offloads.ts';
import { ownMac } from './nic-own-mac.ts';
import { pathMtu } from './nic-path-mtu.ts';
import { ofDevice, type Part } from './parts.ts';
import { failed, set } from './report.ts';
import { verifySetting, writeSetting } from './setting.ts';
import type { NicPlan } from './shim.ts';

const inSysfs = ({ name }: NicPlan, file: string) => `/sys/class/net/${name}/${file}`;
const asModule = (driver: string) => driver.replaceAll('-', '_');

const driver: Part<NicPlan> = {
  async verify(plan, { files }) {
    if (plan.module === undefined) return undefined;
    const link = await files.link(inSysfs(plan, 'device/driver'));
    if (link === undefined) return failed(`no driver holds it, not ${plan.module}`);
    const bound = basename(link);
    const ok = asModule(bound) === asModule(plan.module);
    return ok ? set(`driver ${bound}`) : failed(`its driver is ${bound}, not ${plan.module}`);
  },
};

/** How many frames wait in the kernel when the card is busy. */
const queue: Part<NicPlan> = {
  async do(plan, host, remember) {
    if (plan.queueLength === undefined) return;
    await writeSetting(host, remember, inSysfs(plan, 'tx_queue_len'), String(plan.queueLength));
  },
  async verify(plan, { files }) {
    if (plan.queueLength === undefined) return undefined;
    return verifySetting(files, inSysfs(plan, 'tx_queue_len'), String(plan.queueLength));
  },
};

export const nic = ofDevice<NicPlan>({ name: ({ name }) => name, path: (plan) => inSysfs(plan, 'address') }, [
  driver,
  queue,
  channels,
  offloads,
  ownMac,
  pathMtu,
]);
