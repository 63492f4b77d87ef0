/**
 * The CPU that QEMU on this host can show a guest, by libvirt: the domain capabilities' `host-model` is a model with
 * changes to it (https://libvirt.org/formatdomaincaps.html#cpu-configuration), and a baseline of that alone, with
 * features expanded, names every feature.
 */
import type { Connection } from '../../libvirt/connection.ts';
import { baselineCpuFlags } from '../../libvirt/host.ts';
import { type EngineCpu, sorted, without } from '../../wire/cpu.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { EngineName } from '../../wire/names.ts';

const emulator = '/usr/bin/qemu-system-x86_64';
const arch = 'x86_64';

const hostModel = /<mode name='host-model' supported='yes'>(.*?)<\/mode>/s;

const cannotTell = (engine: EngineName, why: string): BlanketError =>
  new BlanketError('engine.cpu-unknown', `libvirt does not say which CPU ${engine} can show here: ${why}.`, {
    next: `See \`virsh domcapabilities --virttype ${virtTypeOf(engine)}\` on the host.`,
  });

/** libvirt's name of the engine: the `type` of a domain. */
export const virtTypeOf = (engine: EngineName): 'qemu' | 'kvm' => (engine === 'tcg' ? 'qemu' : 'kvm');

const names = (xml: string, policy: string): string[] =>
  [...xml.matchAll(new RegExp(`<feature policy='${policy}' name='([^']+)'/>`, 'g'))].flatMap(
    ([, name]) => name ?? [],
  );

/** @param xml a `<cpu>` with all its features named. @returns `undefined` when it is no such thing. */
export function parseCpu(xml: string, faulty: readonly string[]): EngineCpu | undefined {
  const model = /<model[^>]*>([^<]+)<\/model>/.exec(xml)?.[1];
  if (model === undefined) return undefined;
  const shown = names(xml, 'require');
  return {
    vendor: /<vendor>([^<]+)<\/vendor>/.exec(xml)?.[1] ?? 'unknown',
    model,
    features: sorted(without(shown, faulty)),
    lacks: sorted([...names(xml, 'disable'), ...shown.filter((name) => faulty.includes(name))]),
    faulty: sorted(faulty),
  };
}

/** @throws BlanketError `engine.cpu-unknown`; LibvirtError when the emulator cannot be asked. */
export async function readEngineCpu(
  connection: Connection,
  engine: EngineName,
  machine: string,
  faulty: readonly string[],
): Promise<EngineCpu> {
  const hypervisor = { emulator, arch, machine, virtType: virtTypeOf(engine) };
  const [, inside] = hostModel.exec(await connection.domainCapabilities(hypervisor)) ?? [];
  if (inside === undefined) throw cannotTell(engine, 'it offers no host-model');
  const xml = `<cpu mode='custom' match='exact'>${inside}</cpu>`;
  const flags = baselineCpuFlags.expandFeatures | baselineCpuFlags.migratable;
  const cpu = parseCpu(await connection.host.baselineCpu([xml], { hypervisor, flags }), faulty);
  if (cpu === undefined) throw cannotTell(engine, 'its host-model has no model');
  return cpu;
}
