/** What `scripts/disk.sh` is told through its environment. */
import { derivedUuid } from './digest.ts';
import type { DiskSettings, Recipe } from './recipe.ts';

/** @throws never; only recipes with a disk may be given. */
export function diskEnvironment(recipe: Recipe & { disk: DiskSettings }): Record<string, string> {
  const { sizeMiB, journalMiB, compress, kernelArguments } = recipe.disk;
  return {
    NAME: recipe.name,
    SIZE_MIB: String(sizeMiB),
    JOURNAL_MIB: String(journalMiB),
    COMPRESS: String(compress),
    KERNEL_ARGUMENTS: kernelArguments.join(' '),
    UUID: derivedUuid('disk', recipe.name),
    SOURCE_DATE_EPOCH: String(recipe.epoch),
    LC_ALL: 'C.UTF-8',
  };
}
