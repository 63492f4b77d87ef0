/**
 * `<state>/wan/ports.json`: the switch's ports, so that a restarted one dials its VMs again. The switch writes it;
 * its client does only while no switch runs.
 */
import { z } from 'zod';
import { readJson, writeJson } from './durable-file.ts';
import { portsFile, type WanPaths } from './wan-paths.ts';

const portsFileSchema = z.object({
  version: z.literal(1),
  ports: z.array(z.object({ port: z.string(), cloud: z.string(), socket: z.string() })),
});
export type KnownPort = z.infer<typeof portsFileSchema>['ports'][number];

export async function readPorts(paths: WanPaths): Promise<KnownPort[]> {
  return (await readJson(portsFile(paths), portsFileSchema))?.ports ?? [];
}

export const writePorts = (paths: WanPaths, ports: readonly KnownPort[]): Promise<void> =>
  writeJson(portsFile(paths), { version: 1, ports });
