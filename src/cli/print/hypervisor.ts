/** The hypervisors' own words on what failed, under the error. */
import { hypervisorWordsSchema } from '../../wire/methods/hypervisor.ts';

/** What an agent sends may be anything; nothing in it may steer the terminal. */
const plain = (line: string): string => line.replace(/[^\x20-\x7e]/g, '');

/** @param data of a problem. Without newlines. */
export function hypervisorLines(data: Record<string, unknown> | undefined): string[] {
  const words = hypervisorWordsSchema.safeParse(data?.hypervisor).data ?? [];
  return words.flatMap(({ host, lines, unasked }) =>
    unasked === undefined
      ? [`hypervisor of ${host}:`, ...lines.map((line) => `  ${plain(line)}`)]
      : [`hypervisor of ${host}: not asked: ${plain(unasked)}`],
  );
}
