/** Devices, on the buses that clouds use: PCI, Hyper-V's VMBus, Xen's xenbus; and the disks and NICs on them. */
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { Exec, Files } from './access.ts';
import type { Facts } from './facts.ts';
import { attempt, defined } from './read-optional.ts';

export async function readPci(files: Files): Promise<Facts['pci']> {
  const base = '/sys/bus/pci/devices';
  const hex = async (path: string) => ((await files.text(path)) ?? '').replace(/^0x/, '');
  const read = async (address: string) =>
    defined({
      address,
      vendor: await hex(`${base}/${address}/vendor`),
      device: await hex(`${base}/${address}/device`),
      class: await hex(`${base}/${address}/class`),
      driver: await driverAt(files, `${base}/${address}`),
    });
  return Promise.all((await files.list(base)).map(read));
}

/** Class ids without braces, one a device; the kernel's ABI document for /sys/bus/vmbus has the format. */
export async function readVmbus(files: Files): Promise<string[]> {
  const base = '/sys/bus/vmbus/devices';
  const devices = await files.list(base);
  const ids = await Promise.all(devices.map((device) => files.text(`${base}/${device}/class_id`)));
  return ids.flatMap((id) => (id === undefined ? [] : [id.trim().replace(/^\{|\}$/g, '')]));
}

/** Devices that a Xen below shows to this domain. */
export const readXenbus = (files: Files): Promise<string[]> => files.list('/sys/bus/xen/devices');

async function driverAt(files: Files, device: string): Promise<string | undefined> {
  const link = await files.link(`${device}/driver`);
  return link === undefined ? undefined : basename(link);
}

/**
 * The driver bound to the disk, or to the nearest controller above it (a SCSI disk's own is only `sd`).
 * /sys/block/<name> links to the device's place in the tree, which names every device above it.
 */
async function blockDriver(files: Files, name: string): Promise<string | undefined> {
  const link = await files.link(`/sys/block/${name}`);
  if (link === undefined) return undefined;
  let own: string | undefined;
  for (let at = join('/sys/block', link); at.startsWith('/sys/devices/'); at = dirname(at)) {
    const driver = await driverAt(files, at);
    if (driver !== undefined && driver !== 'sd') return driver;
    own ??= driver;
  }
  return own;
}

/** Not disks of the machine: files, memory, network, optical drives, and what is stacked on other disks. */
const notDisks = /^(loop|ram|zram|dm-|sr|fd|md|nbd)/;

export async function readBlocks(files: Files): Promise<Facts['blocks']> {
  const names = (await files.list('/sys/block')).filter((name) => !notDisks.test(name));
  const read = async (name: string) =>
    defined({
      name,
      driver: await blockDriver(files, name),
      model: (await files.text(`/sys/block/${name}/device/model`))?.trim(),
      bytes: Number((await files.text(`/sys/block/${name}/size`)) ?? 0) * 512, // always in 512-byte units
      scheduler: /\[(\S+)\]/.exec((await files.text(`/sys/block/${name}/queue/scheduler`)) ?? '')?.[1],
    });
  return Promise.all(names.map(read));
}

export async function readNics(exec: Exec, files: Files): Promise<Facts['nics']> {
  const addresses = addressesOf((await attempt(exec, 'ip', ['-j', 'address', 'show'])) ?? '[]');
  const found: Facts['nics'] = [];
  for (const name of await files.list('/sys/class/net')) {
    if (!(await files.exists(`/sys/class/net/${name}/device`))) continue;
    found.push(
      defined({
        name,
        driver: await driverAt(files, `/sys/class/net/${name}/device`),
        mac: (await files.text(`/sys/class/net/${name}/address`)) ?? '',
        mtu: Number((await files.text(`/sys/class/net/${name}/mtu`)) ?? 0),
        addresses: addresses.get(name) ?? [],
      }),
    );
  }
  return found;
}

/** What `ip -j address show` prints; it puts an empty object where it leaves something out. */
const linksSchema = z.array(
  z.object({
    ifname: z.string().optional(),
    addr_info: z.array(z.object({ local: z.string().optional(), prefixlen: z.int().optional() })).default([]),
  }),
);

/** @throws SyntaxError or ZodError when `ip` printed something else than its list. */
function addressesOf(json: string): Map<string, string[]> {
  const links = linksSchema.parse(JSON.parse(json));
  return new Map(
    links.map(({ ifname = '', addr_info: info }) => [
      ifname,
      info.flatMap(({ local, prefixlen }) => (local === undefined ? [] : [`${local}/${prefixlen}`])),
    ]),
  );
}
