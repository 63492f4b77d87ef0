/** Takes every reading once. What a machine lacks is left out; nothing here judges. */
import { basename, dirname, join } from 'node:path';
import type { Exec, Files, HostAccess } from './access.ts';
import { type Facts, factsSchema } from './facts.ts';

const dmiFiles = [
  'sys_vendor',
  'product_name',
  'product_version',
  'product_uuid',
  'product_serial',
  'bios_vendor',
  'bios_version',
  'board_vendor',
  'board_name',
  'board_asset_tag',
  'chassis_vendor',
  'chassis_asset_tag',
];
const flagsAskedFor = ['hypervisor', 'vmx', 'svm', 'ept', 'npt', 'constant_tsc', 'nonstop_tsc'];

const defined = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;

/** @throws ZodError when a reading has a shape that facts cannot hold. */
export async function readFacts({ exec, files }: HostAccess): Promise<Facts> {
  const [kernel, hypervisor, cpu, dmi, pci, blocks, nics, clock, kvm] = await Promise.all([
    files.text('/proc/sys/kernel/osrelease'),
    readHypervisor(exec, files),
    readCpu(files),
    readDmi(files),
    readPci(files),
    readBlocks(files),
    readNics(exec, files),
    readClock(files),
    readKvm(files),
  ]);
  return factsSchema.parse({
    version: 1,
    kernel: kernel ?? '',
    hypervisor,
    cpu,
    dmi,
    pci,
    blocks,
    nics,
    clock,
    kvm,
  });
}

const attempt = (exec: Exec, command: string, args: readonly string[]): Promise<string | undefined> =>
  exec(command, args).catch(() => undefined); // a program that is missing or says no is a reading too

/**
 * The hypervisor's name, by CPUID through /dev/cpu/0/cpuid: the file position is the leaf, a read gives EAX, EBX, ECX, EDX (cpuid(4)).
 * Leaf 0x40000000 holds the highest hypervisor leaf and then 12 characters of name.
 */
export async function readLeaf({ exec, files }: HostAccess): Promise<string | undefined> {
  await attempt(exec, 'modprobe', ['cpuid']);
  const registers = await files.bytes('/dev/cpu/0/cpuid', 0x40000000, 16);
  const cpuinfo = (await files.text('/proc/cpuinfo')) ?? '';
  // Without a hypervisor the leaf returns some other leaf's content, so the flag decides whether it is read.
  const virtual = /^flags\s*:.*\bhypervisor\b/m.test(cpuinfo);
  if (!virtual || registers?.length !== 16) return undefined;
  return Buffer.from(registers.subarray(4)).toString('latin1').replaceAll('\0', '') || undefined;
}

async function readHypervisor(exec: Exec, files: Files): Promise<Facts['hypervisor']> {
  const systemd = await attempt(exec, 'systemd-detect-virt', ['--vm']);
  return defined({
    leaf: await readLeaf({ exec, files }),
    systemd: systemd?.trim(),
    sysType: await files.text('/sys/hypervisor/type'),
    sysUuid: await files.text('/sys/hypervisor/uuid'),
  });
}

async function readCpu(files: Files): Promise<Facts['cpu']> {
  const text = (await files.text('/proc/cpuinfo')) ?? '';
  const field = (name: string) => new RegExp(`^${name}\\s*:\\s*(.*)$`, 'm').exec(text)?.[1] ?? '';
  const flags = new Set(field('flags').split(' '));
  return {
    vendor: field('vendor_id'),
    model: field('model name'),
    count: Math.max(1, text.match(/^processor\s*:/gm)?.length ?? 0),
    flags: flagsAskedFor.filter((flag) => flags.has(flag)),
  };
}

async function readDmi(files: Files): Promise<Record<string, string>> {
  const readings = await Promise.all(
    dmiFiles.map(async (name) => [name, await files.text(`/sys/class/dmi/id/${name}`)] as const),
  );
  return defined(Object.fromEntries(readings.map(([name, text]) => [name, text?.trim()]))) as Record<
    string,
    string
  >;
}

async function readPci(files: Files): Promise<Facts['pci']> {
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

async function readBlocks(files: Files): Promise<Facts['blocks']> {
  const names = (await files.list('/sys/block')).filter(
    (name) => !/^(loop|ram|zram|dm-|sr|fd|md)/.test(name),
  );
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

async function readNics(exec: Exec, files: Files): Promise<Facts['nics']> {
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

type IpLink = { ifname: string; addr_info?: { local?: string; prefixlen?: number }[] };

function addressesOf(json: string): Map<string, string[]> {
  const links = JSON.parse(json) as IpLink[];
  return new Map(
    links.map((link) => [
      link.ifname,
      (link.addr_info ?? []).map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    ]),
  );
}

async function readClock(files: Files): Promise<Facts['clock']> {
  const base = '/sys/devices/system/clocksource/clocksource0';
  const available = ((await files.text(`${base}/available_clocksource`)) ?? '').trim();
  return {
    current: ((await files.text(`${base}/current_clocksource`)) ?? '').trim(),
    available: available === '' ? [] : available.split(/\s+/),
  };
}

async function readKvm(files: Files): Promise<Facts['kvm']> {
  const nested = await Promise.all(
    ['kvm_intel', 'kvm_amd'].map((module) => files.text(`/sys/module/${module}/parameters/nested`)),
  );
  return {
    device: await files.exists('/dev/kvm'),
    nested: nested.some((value) => value !== undefined && /^[Y1]/.test(value)),
  };
}
