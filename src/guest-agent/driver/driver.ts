/**
 * The driver on this host: applied as a whole or not at all, verified when asked, and applied again at every boot.
 *
 *   apply    what the driver before did and this one does not is undone -> every shim, verified -> kept
 *            one fails: all of it is undone, what was undone is done again, and the caller is told
 *   restore  every shim at the start of the agent, but one that fails holds nothing up: it is logged, and `verify` tells
 */
import type { HostAccess } from '../../blanket-drivers/access.ts';
import type { Driver } from '../../blanket-drivers/driver.ts';
import { readFacts } from '../../blanket-drivers/read-facts.ts';
import {
  applyPlan,
  type DoneShim,
  type Journal,
  type Outcome,
  redoPlan,
  undoPlan,
  verifyShim,
} from '../../blanket-drivers/shims/apply.ts';
import type { ShimPlan } from '../../blanket-drivers/shims/shim.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { ShimReport } from '../../wire/methods/drivers.ts';
import { log } from '../log.ts';
import type { Paths } from '../paths.ts';
import { readState, removeState, writeState } from '../state-file.ts';
import {
  bootOf,
  type Kept,
  keptSchema,
  keyOf,
  pendingSchema,
  sinceBoot,
  withFirstBefore,
  withoutDevice,
} from './kept.ts';

export type Applied = { driver: string; shims: ShimReport[] };
type DriverPaths = Pick<Paths, 'driver' | 'driverPending'>;
/** Where a driver is kept and what it is applied to. */
export type Place = { paths: DriverPaths; host: HostAccess };

const reportsOf = ({ applied }: Outcome): ShimReport[] =>
  applied.map(({ plan, report }) => ({ shim: plan.shim, ...report }));

function notVerified(driver: Driver, outcome: Outcome, notUndone: readonly string[]): BlanketError {
  const reports = reportsOf(outcome);
  const what = reports
    .filter((report) => report.outcome === 'failed')
    .map(({ shim, detail }) => `${shim} (${detail})`)
    .join(', ');
  const left = notUndone.length === 0 ? '' : ` Not everything could be taken back: ${notUndone.join('; ')}.`;
  return new BlanketError(
    'driver.not-verified',
    `The driver ${driver.name} does not hold on this host: ${what}.${left}`,
    {
      next: `${left === '' ? 'The host was left as it was. ' : ''}See what it would set with \`blanket host facts\`, or choose another driver with \`--driver\`; generic asks for least.`,
      data: { driver: driver.name, reports, notUndone },
    },
  );
}

/** Takes back what an agent was doing when it died. */
async function undoPending({ paths, host }: Place): Promise<void> {
  const pending = await readState(paths.driverPending, pendingSchema);
  if (pending === undefined) return;
  const problems = await undoPlan(sinceBoot(pending, await bootOf(host)), host);
  log('driver.broken-off', { shims: pending.shims.map(({ plan }) => plan.shim), problems });
  await removeState(paths.driverPending);
}

type Task = { driver: Driver; plans: ShimPlan[]; earlier: DoneShim[]; gone: DoneShim[]; boot: string };

async function prepare({ host }: Place, driver: Driver, kept: Kept | undefined): Promise<Task> {
  const boot = await bootOf(host);
  const plans = driver.plan(await readFacts(host));
  const earlier = kept === undefined ? [] : sinceBoot(kept, boot);
  const wanted = new Set(plans.map(keyOf));
  const gone =
    kept?.driver === driver.name ? earlier.filter(({ plan }) => !wanted.has(keyOf(plan))) : earlier;
  return { driver, plans, earlier, gone, boot };
}

const journalOf =
  ({ paths }: Place, { boot }: Task): Journal =>
  (shims) =>
    writeState(paths.driverPending, { boot, shims });

async function keep(
  { paths }: Place,
  driver: string,
  boot: string,
  shims: readonly DoneShim[],
): Promise<void> {
  const bare = shims.map(({ plan, before }) => ({ plan, before }));
  await writeState(paths.driver, { driver, boot, shims: bare } satisfies Kept);
  await removeState(paths.driverPending);
}

/** Puts back what the driver before had set, as far as it lets itself be set. */
async function goBack(place: Place, task: Task, kept: Kept | undefined): Promise<string[]> {
  const { gone, earlier, boot } = task;
  if (kept === undefined) {
    await removeState(place.paths.driverPending);
    return [];
  }
  const plans = gone.map(({ plan }) => plan);
  const { done, problems } = await redoPlan(plans, place.host, journalOf(place, task));
  const rest = earlier.filter((one) => !gone.includes(one));
  await keep(place, kept.driver, boot, [...rest, ...done]);
  return problems;
}

/** @throws BlanketError `driver.not-verified`, with every report as data; the host is then as it was. */
export async function applyDriver(place: Place, driver: Driver): Promise<Applied> {
  await undoPending(place);
  const kept = await readState(place.paths.driver, keptSchema);
  const task = await prepare(place, driver, kept);
  const left = await undoPlan(task.gone, place.host);
  const outcome = await applyPlan(task.plans, place.host, journalOf(place, task));
  if (!outcome.ok) {
    const notBack = await goBack(place, task, kept);
    throw notVerified(driver, outcome, [...left, ...outcome.problems, ...notBack]);
  }
  const first = kept?.driver === driver.name ? task.earlier : [];
  await keep(place, driver.name, task.boot, withFirstBefore(outcome.applied, first));
  return { driver: driver.name, shims: [...reportsOf(outcome), ...left.map(notTakenBack)] };
}

/** What the driver before left behind is told beside what this one did. */
function notTakenBack(problem: string): ShimReport {
  const [shim = 'driver', ...rest] = problem.split(': ');
  return { shim, outcome: 'failed', detail: `not taken back from the driver before: ${rest.join(': ')}` };
}

/** @throws BlanketError `driver.none-applied` */
export async function verifyDriver({ paths, host }: Place): Promise<Applied> {
  const kept = await readState(paths.driver, keptSchema);
  if (kept === undefined)
    throw new BlanketError('driver.none-applied', 'No driver was applied to this host.', {
      kind: 'not-found',
      next: 'Provisioning applies one; look at how it ended.',
    });
  const shims = await Promise.all(
    kept.shims.map(async ({ plan }) => ({ shim: plan.shim, ...(await verifyShim(plan, host)) })),
  );
  return { driver: kept.driver, shims };
}

/**
 * Applies again what was applied last; reading it back is left for when the agent answers. A device that is gone stays
 * in the plan, so that `verify` tells of it.
 */
export async function restoreDriver(place: Place, named: (name: string) => Driver): Promise<void> {
  const begun = performance.now();
  await undoPending(place);
  const kept = await readState(place.paths.driver, keptSchema);
  if (kept === undefined) return;
  const driver = named(kept.driver);
  const task = await prepare(place, driver, kept);
  const missing = withoutDevice(task.gone, task.plans);
  const left = await undoPlan(
    task.gone.filter((one) => !missing.includes(one)),
    place.host,
  );
  const plans = [...task.plans, ...missing.map(({ plan }) => plan)];
  const { done, problems } = await redoPlan(plans, place.host, journalOf(place, task));
  await keep(place, driver.name, task.boot, withFirstBefore(done, task.earlier));
  const ms = Math.round(performance.now() - begun);
  log('driver.restored', { driver: driver.name, ms, problems, notUndone: left });
}

/** What does not hold goes to the log. */
export async function logFailures(place: Place): Promise<void> {
  if ((await readState(place.paths.driver, keptSchema)) === undefined) return;
  const { driver, shims } = await verifyDriver(place);
  const failures = shims.filter(({ outcome }) => outcome === 'failed');
  if (failures.length > 0) log('driver.does-not-hold', { driver, failures });
}
