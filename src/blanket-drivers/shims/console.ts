/**
 * The serial console that this cloud shows its users: the kernel prints there, and one can log in.
 *
 * Where the kernel prints is decided by its arguments alone, so a missing console is written into GRUB's settings and
 * holds from the next boot on. /sys/class/tty/console/active names the consoles of this boot.
 */
import type { Files, HostAccess } from '../access.ts';
import { keepFile } from './kept-file.ts';
import { ofParts, type Part } from './parts.ts';
import { failed, refused, set } from './report.ts';
import type { ConsolePlan } from './shim.ts';
import { readUnit, startUnit, stopUnit } from './unit.ts';

const grubFile = '/etc/default/grub.d/blanket-console.cfg';
const updateGrub = '/usr/sbin/update-grub';

const isActive = async (files: Files, device: string): Promise<boolean> =>
  ((await files.text('/sys/class/tty/console/active')) ?? '').split(/\s+/).includes(device);

/** A PC's kernel shows four serial ports whether or not they are there; `type` 0 is none (linux/serial.h). */
async function isThere({ files }: HostAccess, device: string): Promise<boolean> {
  if (!(await files.exists(`/sys/class/tty/${device}`))) return false;
  return (await files.text(`/sys/class/tty/${device}/type`))?.trim() !== '0';
}

const line = (device: string) => {
  const speed = device.startsWith('ttyS') ? ',115200' : '';
  return `GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX console=tty0 console=${device}${speed}"`;
};

const kernel: Part<ConsolePlan> = {
  async do({ device }, host, remember) {
    if (await isActive(host.files, device)) return;
    if (!(await isThere(host, device)) || !(await host.files.exists(updateGrub))) return;
    if (await keepFile(host, remember, grubFile, [line(device)])) await host.exec(updateGrub, []);
  },
  async undo(_plan, before, { exec }) {
    if (before[grubFile] !== undefined) await exec(updateGrub, []);
  },
  async verify({ device }, host) {
    if (!(await isThere(host, device))) return refused(`this host has no ${device}`);
    if (await isActive(host.files, device)) return set(`kernel prints to ${device}`);
    const prepared = ((await host.files.text(grubFile)) ?? '').split('\n').includes(line(device));
    if (prepared) return set(`kernel prints to ${device} after the next boot`);
    if (await host.files.exists(updateGrub)) return failed(`kernel does not print to ${device}`);
    return refused(
      `kernel does not print to ${device}, and there is no update-grub: add console=${device} to its arguments`,
    );
  },
};

const gettyOf = (device: string) =>
  /^tty\d/.test(device) ? `getty@${device}.service` : `serial-getty@${device}.service`;

const login: Part<ConsolePlan> = {
  async do({ device }, host, remember) {
    if (await isThere(host, device)) await startUnit(host, remember, gettyOf(device));
  },
  undo: ({ device }, before, host) => stopUnit(host, before, gettyOf(device)),
  async verify({ device }, host) {
    if (!(await isThere(host, device))) return undefined;
    const state = await readUnit(host, gettyOf(device));
    if (state === 'active') return set('log-in there');
    return state === 'barred'
      ? refused(`no log-in there: ${gettyOf(device)} is masked`)
      : failed('no log-in there');
  },
};

export const serialConsole = ofParts<ConsolePlan>(() => '', [kernel, login]);
