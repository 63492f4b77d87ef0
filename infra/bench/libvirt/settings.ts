/** What a run may be told, by its environment. make passes an empty text for what was not given. */
import { z } from 'zod';

const count = (byDefault: number, max: number) =>
  z.preprocess(
    (text) => (text === '' ? undefined : text),
    z.coerce.number().int().min(1).max(max).default(byDefault),
  );

const settingsSchema = z
  .object({
    ROUNDS: count(7, 1_000),
    /** Calls of a turn. More would not fit one command line of virsh (128 KiB). */
    N: count(2_000, 8_000),
    DOMAINS: count(1_000, 10_000),
    EVENTS: count(100_000, 100_000_000),
  })
  .transform(({ ROUNDS, N, DOMAINS, EVENTS }) => ({
    rounds: ROUNDS,
    calls: N,
    domains: DOMAINS,
    events: EVENTS,
  }));

export type Settings = z.output<typeof settingsSchema>;

/** @throws Error that names the setting that is no number in its bounds. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const { data, error } = settingsSchema.safeParse(environment);
  if (data === undefined) throw new Error(z.prettifyError(error), { cause: error });
  return data;
}
