/**
 * Runs a plan: the shim that each item names, in order. All of it or nothing:
 *
 *   do, verify -> do, verify -> … -> done
 *                    \-> failed: what was done is undone, last first
 *
 * `refused` is no failure. What there was before is noted before it is changed, so a shim that breaks off half-way is
 * undone as well as one that ran to its end.
 */
import type { HostAccess } from '../access.ts';
import { clock } from './clock.ts';
import { serialConsole } from './console.ts';
import { disk } from './disk.ts';
import { entropy } from './entropy.ts';
import { memory } from './memory.ts';
import { nested } from './nested.ts';
import { nic } from './nic.ts';
import { notices } from './notices.ts';
import { failed, messageOf } from './report.ts';
import type { Before, Remember, Report, Shim, ShimPlan } from './shim.ts';

type Operation = {
  do(remember: Remember): Promise<void>;
  undo(before: Before): Promise<void>;
  verify(): Promise<Report>;
};

function operationOf(plan: ShimPlan, host: HostAccess): Operation {
  const bind = <P extends ShimPlan>(shim: Shim<P>, item: P): Operation => ({
    do: (remember) => shim.do(item, host, remember),
    undo: (before) => shim.undo(item, before, host),
    verify: () => shim.verify(item, host),
  });
  switch (plan.shim) {
    case 'nic':
      return bind(nic, plan);
    case 'disk':
      return bind(disk, plan);
    case 'clock':
      return bind(clock, plan);
    case 'entropy':
      return bind(entropy, plan);
    case 'console':
      return bind(serialConsole, plan);
    case 'memory':
      return bind(memory, plan);
    case 'nested':
      return bind(nested, plan);
    case 'notices':
      return bind(notices, plan);
  }
}

/** Never rejects: a reading that cannot be taken is a failure to verify. */
export const verifyShim = (plan: ShimPlan, host: HostAccess): Promise<Report> =>
  operationOf(plan, host)
    .verify()
    .catch((error: unknown) => failed(messageOf(error)));

export type DoneShim = { plan: ShimPlan; before: Before };
export type AppliedShim = DoneShim & { report: Report };

/** Told whenever a value was noted, before it is changed; everything noted so far. */
export type Journal = (done: readonly DoneShim[]) => Promise<void>;

/** Where the shims of one run note what was there. */
function notebook(journal: Journal | undefined) {
  const done: DoneShim[] = [];
  const open = (plan: ShimPlan): { page: DoneShim; remember: Remember } => {
    const page: DoneShim = { plan, before: {} };
    done.push(page);
    const remember: Remember = async (was) => {
      for (const [name, value] of Object.entries(was)) page.before[name] ??= value;
      await journal?.(done);
    };
    return { page, remember };
  };
  return { done, open };
}

/** `problems` lists what could not be taken back, when it had to be. */
export type Outcome = { applied: AppliedShim[]; ok: boolean; problems: string[] };

/** Never rejects for a shim's failure: its report says what went wrong. */
export async function applyPlan(
  plans: readonly ShimPlan[],
  host: HostAccess,
  journal?: Journal,
): Promise<Outcome> {
  const applied: AppliedShim[] = [];
  const { done, open } = notebook(journal);
  for (const plan of plans) {
    const { page, remember } = open(plan);
    const report = await operationOf(plan, host)
      .do(remember)
      .then(
        () => verifyShim(plan, host),
        (error: unknown) => failed(messageOf(error)),
      );
    applied.push({ ...page, report });
    if (report.outcome === 'failed') return { applied, ok: false, problems: await undoPlan(done, host) };
  }
  return { applied, ok: true, problems: [] };
}

/** Does every shim, whatever fails, and reads nothing back. @returns what could not be done, as clauses. */
export async function redoPlan(
  plans: readonly ShimPlan[],
  host: HostAccess,
  journal?: Journal,
): Promise<{ done: DoneShim[]; problems: string[] }> {
  const problems: string[] = [];
  const { done, open } = notebook(journal);
  for (const plan of plans) {
    await operationOf(plan, host)
      .do(open(plan).remember)
      .catch((error: unknown) => problems.push(`${plan.shim}: ${messageOf(error)}`));
  }
  return { done, problems };
}

/** Takes a plan back, last shim first, and goes on whatever fails. @returns what could not be taken back, as clauses. */
export async function undoPlan(done: readonly DoneShim[], host: HostAccess): Promise<string[]> {
  const problems: string[] = [];
  for (const { plan, before } of [...done].reverse()) {
    await operationOf(plan, host)
      .undo(before)
      .catch((error: unknown) => problems.push(`${plan.shim}: ${messageOf(error)}`));
  }
  return problems;
}
