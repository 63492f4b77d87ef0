/** Where this cloud announces that it will move, restart or take back the host: the agent asks there. */
import { ofParts, type Part } from './parts.ts';
import { failed, set } from './report.ts';
import type { NoticesPlan } from './shim.ts';

const key = 'source';

const listening: Part<NoticesPlan> = {
  async do({ source }, { notices }, remember) {
    const was = notices?.state().source;
    if (was === undefined || was === source) return;
    await remember({ [key]: was });
    notices?.listenTo(source);
  },
  async undo(_plan, before, { notices }) {
    const was = (['aws', 'gce', 'azure', 'alibaba', 'none'] as const).find((name) => name === before[key]);
    if (was !== undefined) notices?.listenTo(was);
  },
  async verify({ source }, { notices }) {
    if (notices === undefined) return failed('nobody on this host listens');
    const now = notices.state();
    if (now.source !== source) return failed(`listens to ${now.source}, not ${source}`);
    if (source === 'none') return set('Blanket knows of no announcements of this cloud');
    return set(`listens to ${source}: ${now.lately}`);
  },
};

export const notices = ofParts<NoticesPlan>(() => '', [listening]);
