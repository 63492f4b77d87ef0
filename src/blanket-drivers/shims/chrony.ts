/**
 * The time of day, by chrony, whose configuration reads every file in /etc/chrony/conf.d. The cloud's own sources are
 * preferred; the distribution's pool stays for when they are silent. Both disagree only around a leap second, which
 * AWS and Google smear over a day; none is planned.
 *
 * A PTP clock is named in that file only while it is there: chronyd does not start with a device that is missing.
 */
import { z } from 'zod';
import type { HostAccess } from '../access.ts';
import { keepFile } from './kept-file.ts';
import type { Part } from './parts.ts';
import { ptpDevice } from './ptp.ts';
import { failed, messageOf, refused, set } from './report.ts';
import type { ClockPlan, Report } from './shim.ts';

const file = '/etc/chrony/conf.d/blanket.conf';
const modulesFile = '/etc/modules-load.d/blanket-ptp.conf';
const restart = ['restart', 'chrony.service'];

const isInstalled = ({ files }: HostAccess) => files.exists('/usr/sbin/chronyd');

async function wantedLines(plan: ClockPlan, { files }: HostAccess): Promise<string[]> {
  const device = await ptpDevice(files, plan.ptp);
  return [
    ...(device === undefined ? [] : [`refclock PHC ${device} poll 2 dpoll -2 prefer`]),
    ...(plan.servers ?? []).map((server) => `server ${server} iburst prefer`),
  ];
}

/** One line a source: mode, state, name, stratum, poll, reach (octal, one bit for each of the last eight asked), … */
const sourceSchema = z
  .tuple([
    z.enum(['^', '=', '#']),
    z.string(),
    z.string(),
    z.string(),
    z.string(),
    z.string().regex(/^[0-7]+$/),
  ])
  .rest(z.string());
type Source = { name: string; state: string; reached: boolean };

const parseSources = (csv: string): Source[] =>
  csv
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => sourceSchema.parse(line.split(',')))
    .map(([, state, name, , , reach]) => ({ name, state, reached: reach !== '0' }));

/** A pool's servers have one name. */
function tell(sources: readonly Source[]): string {
  const names = [...new Set(sources.map(({ name }) => name))];
  const clauses = names.map((name) => {
    const own = sources.filter((source) => source.name === name);
    if (own.some(({ state }) => state === '*')) return `${name} (followed)`;
    return own.some(({ reached }) => reached) ? name : `${name} (not reached)`;
  });
  return clauses.join(', ') || 'no source';
}

async function judge(lines: readonly string[], { files, exec }: HostAccess): Promise<Report> {
  const kept = (await files.text(file)) ?? '';
  const missing = lines.filter((line) => !kept.split('\n').includes(line));
  if (missing.length > 0) return failed(`chrony is not told "${missing.join('", "')}"`);
  let csv: string;
  try {
    csv = await exec('chronyc', ['-c', '-N', 'sources', '-a']);
  } catch (error) {
    return failed(`chronyd does not run: ${messageOf(error)}`);
  }
  const sources = parseSources(csv);
  const servers = lines.flatMap((line) => /^server (\S+)/.exec(line)?.[1] ?? []);
  const unknown = servers.filter((server) => !sources.some(({ name }) => name === server));
  if (unknown.length > 0) return failed(`chronyd does not know ${unknown.join(', ')}`);
  return set(`NTP by chrony from ${tell(sources)}`);
}

export const chrony: Part<ClockPlan> = {
  async do(plan, host, remember) {
    const lines = await wantedLines(plan, host);
    if (lines.length === 0 || !(await isInstalled(host))) return;
    if ((await ptpDevice(host.files, plan.ptp)) !== undefined)
      await keepFile(host, remember, modulesFile, [plan.ptp ?? '']); // there before chronyd starts at the next boot
    const changed = await keepFile(host, remember, file, lines);
    if (changed || (await judge(lines, host)).outcome === 'failed') await host.exec('systemctl', restart);
  },
  async undo(_plan, before, { exec }) {
    if (before[file] !== undefined) await exec('systemctl', restart);
  },
  async verify(plan, host) {
    const lines = await wantedLines(plan, host);
    if (await isInstalled(host)) return judge(lines, host);
    return lines.length === 0 ? undefined : refused(`chrony is not installed to ask ${lines.join(', ')}`);
  },
};
