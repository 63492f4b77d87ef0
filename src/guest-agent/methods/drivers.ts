/** Which cloud this is, and fitting the host to it. What was applied is kept, and applied again after a reboot. */
import { z } from 'zod';
import { detectDriver } from '../../blanket-drivers/detect.ts';
import { readFacts } from '../../blanket-drivers/read-facts.ts';
import { driverNamed } from '../../blanket-drivers/registry.ts';
import { type AppliedShim, applyPlan, undoPlan, verifyShim } from '../../blanket-drivers/shims/apply.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { Context } from '../context.ts';
import type { HandlersOf } from '../handlers.ts';
import { thisHost } from '../host-access.ts';
import type { Paths } from '../paths.ts';
import { serially } from '../serially.ts';
import { readState, writeState } from '../state-file.ts';

const bootIdFile = '/proc/sys/kernel/random/boot_id';

/** Settings do not outlive a boot, so what was there before matters only within the same one. */
const appliedSchema = z.object({
  driver: z.string(),
  boot: z.string(),
  shims: z.array(
    z.object({ plan: z.custom<AppliedShim['plan']>(), before: z.record(z.string(), z.string()) }),
  ),
});
type Applied = z.infer<typeof appliedSchema>;

const noDriver = (name: string, cause?: unknown): BlanketError =>
  new BlanketError('driver.unknown', `This agent has no driver "${name}".`, { kind: 'not-found', cause });

/** The first values seen in this boot are the ones to go back to. */
function withFirstBefore(applied: readonly AppliedShim[], earlier: Applied | undefined): Applied['shims'] {
  const first = new Map(earlier?.shims.map(({ plan, before }) => [JSON.stringify(plan), before]));
  return applied.map(({ plan, before }) => ({
    plan,
    before: { ...before, ...first.get(JSON.stringify(plan)) },
  }));
}

/** @throws BlanketError `driver.unknown` */
const applyDriver = (paths: Paths, name: string) =>
  serially('driver', async () => {
    const driver = driverNamed(name);
    if (driver === undefined) throw noDriver(name);
    const boot = (await thisHost.files.text(bootIdFile)) ?? '';
    const kept = await readState(paths.driver, appliedSchema);
    const earlier = kept?.boot === boot ? kept : undefined;
    if (earlier !== undefined && earlier.driver !== name) await undoPlan(earlier.shims, thisHost);
    const applied = await applyPlan(driver.plan(await readFacts(thisHost)), thisHost);
    const before = earlier?.driver === name ? earlier : undefined;
    await writeState(paths.driver, { driver: name, boot, shims: withFirstBefore(applied, before) });
    return { driver: name, shims: applied.map(({ plan, report }) => ({ shim: plan.shim, ...report })) };
  });

/** @throws BlanketError `driver.none-applied` */
async function verifyDriver(paths: Paths) {
  const kept = await readState(paths.driver, appliedSchema);
  if (kept === undefined)
    throw new BlanketError('driver.none-applied', 'No driver was applied to this host.');
  const shims = await Promise.all(
    kept.shims.map(async ({ plan }) => ({ shim: plan.shim, ...(await verifyShim(plan, thisHost)) })),
  );
  return { driver: kept.driver, shims };
}

export async function restoreDriver(paths: Paths): Promise<void> {
  const kept = await readState(paths.driver, appliedSchema);
  if (kept !== undefined) await applyDriver(paths, kept.driver);
}

export const driverHandlers = ({ paths }: Context): HandlersOf<'facts' | 'driver'> => ({
  'facts.read': () => readFacts(thisHost),
  'driver.detect': async ({ override }) => {
    if (override !== undefined && driverNamed(override) === undefined) throw noDriver(override);
    const facts = await readFacts(thisHost);
    const detection = detectDriver(facts, override);
    return { ...detection, plan: driverNamed(detection.chosen)?.plan(facts) ?? [] };
  },
  'driver.apply': ({ driver }) => applyDriver(paths, driver),
  'driver.verify': () => verifyDriver(paths),
});
