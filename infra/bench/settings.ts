/** What a run may be told, by its environment. make passes an empty text for what was not given. */
import { z } from 'zod';
import { chosen, type Path, paths, type Scenario, scenarios } from './scenarios.ts';

const given = (text: unknown) => (text === '' ? undefined : text);
const count = (byDefault: number, most: number) =>
  z.preprocess(given, z.coerce.number().int().min(1).max(most).default(byDefault));

const settingsSchema = z.object({
  /** Each pair is Blanket there and back, then virsh there and back. */
  PAIRS: count(5, 100),
  /** MiB of fresh disk data of the guest that has some. */
  FRESH: count(1_024, 1_400),
  SCENARIOS: z.preprocess(given, z.string().optional()),
  PATHS: z.preprocess(given, z.string().optional()),
});

export type Settings = { pairs: number; scenarios: readonly Scenario[]; paths: readonly Path[] };

/** @throws Error that names the setting that is not in its bounds, or what there is to choose of. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const { data, error } = settingsSchema.safeParse(environment);
  if (data === undefined) throw new Error(z.prettifyError(error), { cause: error });
  return {
    pairs: data.PAIRS,
    scenarios: chosen(scenarios(data.FRESH), data.SCENARIOS),
    paths: chosen(paths, data.PATHS),
  };
}
