/** `<state>/wan/links.json`: the links that somebody has set. The WAN's client writes it, the switch reads it. */
import { z } from 'zod';
import { readJson, writeJson } from './durable-file.ts';
import { linkSettingsSchema } from './link-settings.ts';
import { linksFile, type WanPaths } from './wan-paths.ts';

const linkRecordSchema = linkSettingsSchema.extend({ a: z.string(), b: z.string() });
export type LinkRecord = z.infer<typeof linkRecordSchema>;

const linksFileSchema = z.object({ version: z.literal(1), links: z.array(linkRecordSchema) });

export async function readLinks(paths: WanPaths): Promise<LinkRecord[]> {
  return (await readJson(linksFile(paths), linksFileSchema))?.links ?? [];
}

export async function writeLink(paths: WanPaths, link: LinkRecord): Promise<void> {
  const others = (await readLinks(paths)).filter((known) => !joins(known, link.a, link.b));
  await writeJson(linksFile(paths), { version: 1, links: [...others, link] });
}

/** Forgets the links of a cloud that is being removed. */
export async function removeLinksOf(paths: WanPaths, cloud: string): Promise<void> {
  const links = await readLinks(paths);
  const kept = links.filter(({ a, b }) => a !== cloud && b !== cloud);
  if (kept.length < links.length) await writeJson(linksFile(paths), { version: 1, links: kept });
}

export const joins = (link: { a: string; b: string }, a: string, b: string): boolean =>
  (link.a === a && link.b === b) || (link.a === b && link.b === a);
