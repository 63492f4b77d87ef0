/** What a run may be told, by its environment. make passes an empty text for what was not given. */
import { z } from 'zod';

const given = (text: unknown) => (text === '' ? undefined : text);
const count = (byDefault: number, min: number, max: number) =>
  z.preprocess(given, z.coerce.number().int().min(min).max(max).default(byDefault));

/** 5,000 hosts and their guests still have addresses in 10.77.0.0/16. */
const hosts = z.coerce.number().int().min(3).max(5_000);

const settingsSchema = z
  .object({
    ROUNDS: count(3, 1, 100),
    /** Hosts of each fleet, divided by commas; ten guests for each. */
    FLEETS: z.preprocess(
      (text) => String(given(text) ?? '10,100,1000').split(','),
      z.array(hosts).min(1).max(10),
    ),
    /** Hosts that are really there, as namespaces, in the part that needs it. */
    NAMESPACES: count(200, 3, 1_000),
  })
  .transform(({ ROUNDS, FLEETS, NAMESPACES }) => ({
    rounds: ROUNDS,
    fleets: FLEETS,
    namespaces: NAMESPACES,
  }));

export type Settings = z.output<typeof settingsSchema>;

/** @throws Error that names the setting that is not in its bounds. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const { data, error } = settingsSchema.safeParse(environment);
  if (data === undefined) throw new Error(z.prettifyError(error), { cause: error });
  return data;
}
