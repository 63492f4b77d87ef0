/** The clouds that no profile can play to the end, from the drivers and the machines recorded for them. */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { drivers } from '../../src/blanket-drivers/registry.ts';
import type { FactsOnly, Place } from './page.ts';

const machines = new URL('../../test/blanket-drivers/machines/', import.meta.url);
const expectation = z.object({ expect: z.object({ driver: z.string() }) });

/** Hardware of a cloud for which QEMU has no model, whichever profile stands in for the rest of it. */
const noModel: Readonly<Record<string, string>> = {
  'aws-nitro': 'the ENA network card (a profile stands in with another card)',
  gce: "Google's gVNIC (a profile stands in with virtio-net)",
  azure: 'VMBus storage and network, and the MANA card',
  hyperv: 'VMBus (a profile plays generation 1 with its emulated devices)',
  oracle: 'the Mellanox virtual function that most shapes show',
  'aws-xen': "Xen's own bus, disk and network card",
  'xen-hvm': "Xen's own bus, disk and network card",
};

/** Drivers that no host of the run had, and those whose cloud has hardware that a profile replaced. */
export async function factsOnly(places: readonly Place[]): Promise<FactsOnly[]> {
  const recorded = await countMachines();
  const seen = new Set(places.map(({ driver }) => driver));
  return drivers
    .filter(({ name }) => name !== 'generic' && (!seen.has(name) || name in noModel))
    .map(({ name, title }) => ({
      driver: name,
      title,
      missing: noModel[name] ?? 'nothing: the same virtual hardware as a profile above, under another name',
      machines: recorded.get(name) ?? 0,
    }));
}

async function countMachines(): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const file of await readdir(fileURLToPath(machines))) {
    const text = await readFile(new URL(file, machines), 'utf8');
    const { driver } = expectation.parse(JSON.parse(text)).expect;
    counts.set(driver, (counts.get(driver) ?? 0) + 1);
  }
  return counts;
}
