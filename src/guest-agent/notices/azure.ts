/**
 * Azure: Scheduled Events of the instance metadata service, which wants the header `Metadata: true`. One answer tells
 * of every VM of the availability set or scale set, so those that name others only are left out. Fields are those of
 * Microsoft's "Azure Metadata Service: Scheduled Events for Linux VMs", version 2020-07-01. The first question in a
 * VM's life switches the service on, which may take two minutes.
 */
import { z } from 'zod';
import type { Notice } from '../../wire/methods/drivers.ts';
import { type Ask, textOf, timeOf } from './metadata.ts';

const eventsPath = '/metadata/scheduledevents?api-version=2020-07-01';
const namePath = '/metadata/instance/compute/name?api-version=2021-02-01&format=text';
const headers = { metadata: 'true' };

const eventsSchema = z.object({
  Events: z.array(
    z.object({
      EventType: z.string(),
      EventStatus: z.string(),
      Resources: z.array(z.string()),
      NotBefore: z.string().optional(),
      Description: z.string().optional(),
    }),
  ),
});
type Event = z.infer<typeof eventsSchema>['Events'][number];

const kinds: Record<string, Notice['kind']> = {
  Freeze: 'maintenance',
  Reboot: 'reboot',
  Redeploy: 'reboot',
  Preempt: 'reclaim',
  Terminate: 'reclaim',
};

/** `NotBefore` is empty once an event has begun. */
const noticeOf = ({ EventType, EventStatus, NotBefore, Description }: Event): Notice => ({
  kind: kinds[EventType] ?? 'maintenance',
  detail: ['Azure:', EventType, EventStatus.toLowerCase(), Description ?? ''].join(' ').trim(),
  ...timeOf(NotBefore),
});

/** Keeps the VM's name once it was told. */
export function azureNotices(): (ask: Ask) => Promise<Notice[]> {
  let name: string | undefined;
  return async (ask) => {
    const text = textOf(eventsPath, await ask(eventsPath, { headers }));
    const { Events } = eventsSchema.parse(text === undefined ? { Events: [] } : JSON.parse(text));
    if (Events.length === 0) return [];
    name ??= textOf(namePath, await ask(namePath, { headers }));
    return Events.filter(({ Resources }) => name === undefined || Resources.includes(name)).map(noticeOf);
  };
}
