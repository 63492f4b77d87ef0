/**
 * Asks the cloud every few seconds what it announces: that it will move, restart or take back this host.
 *
 *   listenTo(source) -> ask -> notices, or nothing can be known -> pause -> ask -> …
 *
 * One round at a time, each question bounded. A service that does not answer is asked less often, and what was last
 * announced stays until it answers again.
 */
import { isDeepStrictEqual } from 'node:util';
import type { NoticeListener, NoticeSource } from '../../blanket-drivers/access.ts';
import type { Notice } from '../../wire/methods/drivers.ts';
import { alibabaNotices } from './alibaba.ts';
import { awsNotices } from './aws.ts';
import { azureNotices } from './azure.ts';
import { gceNotices } from './gce.ts';
import { type Ask, askAt } from './metadata.ts';

export type ListenerOptions = {
  /** Where the sources are asked; by default where the real clouds answer. */
  bases?: Partial<Record<NoticeSource, string>>;
  pauseMs?: number;
  /** After a round without an answer. */
  longPauseMs?: number;
  questionMs?: number;
  /** Told of every change, also of whether the source answers. */
  onChange?: (event: { source: NoticeSource; notices: Notice[]; problem?: string }) => void;
};

export type Listener = NoticeListener & { current(): Notice[]; close(): void };

const linkLocal = 'http://169.254.169.254';
const realBases = {
  aws: linkLocal,
  gce: 'http://metadata.google.internal',
  azure: linkLocal,
  alibaba: 'http://100.100.100.200',
};

type Reader = (ask: Ask) => Promise<Notice[]>;
const readers: Record<keyof typeof realBases, () => Reader> = {
  aws: awsNotices,
  gce: () => gceNotices,
  azure: azureNotices,
  alibaba: alibabaNotices,
};

const clause = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export function noticeListener(options: ListenerOptions = {}): Listener {
  const { pauseMs = 5_000, longPauseMs = 30_000, questionMs = 3_000, onChange } = options;
  let source: NoticeSource = 'none';
  let notices: Notice[] = [];
  let problem: string | undefined;
  let asked = false;
  let stop = new AbortController();
  let pause: NodeJS.Timeout | undefined;

  const note = (found: Notice[], why: string | undefined): void => {
    const changed = !isDeepStrictEqual([found, why], [notices, problem]);
    notices = found;
    problem = why;
    asked = true;
    if (changed) onChange?.({ source, notices, ...(why !== undefined && { problem: why }) });
  };

  async function round(read: Reader, ask: Ask, { signal }: AbortController): Promise<void> {
    try {
      const found = await read(ask);
      if (!signal.aborted) note(found, undefined);
    } catch (error) {
      if (!signal.aborted) note(notices, clause(error));
    }
    if (signal.aborted) return;
    pause = setTimeout(() => void round(read, ask, stop), problem === undefined ? pauseMs : longPauseMs);
    pause.unref();
  }

  const close = (): void => {
    stop.abort();
    clearTimeout(pause);
    stop = new AbortController();
    asked = false;
    notices = [];
    problem = undefined;
  };

  return {
    listenTo(wanted) {
      close();
      source = wanted;
      if (wanted === 'none') return;
      const base = options.bases?.[wanted] ?? realBases[wanted];
      void round(readers[wanted](), askAt(base, questionMs, stop.signal), stop);
    },
    state() {
      if (!asked) return { source, lately: 'not asked yet' };
      if (problem !== undefined) return { source, lately: `it does not answer (${problem})` };
      return { source, lately: notices.length === 0 ? 'nothing announced' : `${notices.length} announced` };
    },
    current: () => notices,
    close,
  };
}
