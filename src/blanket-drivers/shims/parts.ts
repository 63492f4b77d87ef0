/**
 * A shim made of parts, each of which sets one thing. What every part needs alike is taken back here, around what a
 * part takes back itself:
 *
 *   settings (/sys, /proc/sys) and files (/etc), last first -> each part's own undo, last first -> kernel modules
 */
import type { HostAccess } from '../access.ts';
import { takeBackFiles } from './kept-file.ts';
import { unloadModules } from './module.ts';
import { failed, messageOf, together } from './report.ts';
import type { Before, Remember, Report, Shim, ShimPlan } from './shim.ts';

export type Part<P extends ShimPlan> = {
  /** Absent where there is nothing to do but to look. */
  do?(plan: P, host: HostAccess, remember: Remember): Promise<void>;
  undo?(plan: P, before: Before, host: HostAccess): Promise<void>;
  /** `undefined` where the plan asks for nothing of this part. */
  verify(plan: P, host: HostAccess): Promise<Report | undefined>;
};

/** A device that is gone took its settings with it. */
const settingsTakenBack = (before: Before, { files }: HostAccess): (() => Promise<void>)[] =>
  Object.entries(before)
    .filter(([path]) => path.startsWith('/sys/') || path.startsWith('/proc/sys/'))
    .reverse()
    .map(([path, value]) => async () => {
      if (await files.exists(path)) await files.write(path, value);
    });

/** Runs all of them, whatever fails. @throws Error that tells of every failure. */
async function all(works: readonly (() => Promise<void> | undefined)[]): Promise<void> {
  const problems: string[] = [];
  for (const work of works) {
    try {
      await work();
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  if (problems.length > 0) throw new Error(problems.join('; '));
}

/** A shim of one device. */
type Device<P> = {
  name(plan: P): string;
  /** Where it shows in sysfs, while it is there. */
  path(plan: P): string;
};

export const ofDevice = <P extends ShimPlan>(device: Device<P>, parts: readonly Part<P>[]): Shim<P> => {
  const { do: doAll, undo, verify } = ofParts(device.name, parts);
  const isThere = (plan: P, { files }: HostAccess) => files.exists(device.path(plan));
  const absent = (plan: P) => `${device.name(plan)} is not there`;
  return {
    async do(plan, host, remember) {
      if (!(await isThere(plan, host))) throw new Error(absent(plan));
      await doAll(plan, host, remember);
    },
    undo,
    verify: async (plan, host) => ((await isThere(plan, host)) ? verify(plan, host) : failed(absent(plan))),
  };
};

export const ofParts = <P extends ShimPlan>(
  title: (plan: P) => string,
  parts: readonly Part<P>[],
): Shim<P> => ({
  async do(plan, host, remember) {
    for (const part of parts) await part.do?.(plan, host, remember);
  },
  undo: (plan, before, host) =>
    all([
      ...settingsTakenBack(before, host),
      () => takeBackFiles(before, host),
      ...[...parts].reverse().map((part) => () => part.undo?.(plan, before, host)),
      () => unloadModules(before, host),
    ]),
  async verify(plan, host) {
    const reports: Report[] = [];
    for (const part of parts) reports.push(...[await part.verify(plan, host)].flatMap((one) => one ?? []));
    return together(title(plan), reports);
  },
});
