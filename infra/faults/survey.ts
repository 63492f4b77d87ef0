/** Looks at the guest and at both hosts, past Blanket: libvirt's word, the files on the hosts, and the guest's own. */
import { z } from 'zod';
import { type Reply, replySchema } from '../demo/continuity.ts';
import type { Remains } from './judge.ts';
import type { Stand } from './stand.ts';

const diskSchema = z.object({ last: z.int(), unbroken: z.boolean() });
const recordSchema = z.object({ guest: z.string(), operation: z.string(), closed: z.boolean() });
const port = 7000;

/** A shell script that prints four parts, each begun by its name. */
const script = (guest: string): string => `
echo domain $(virsh -q list --all | awk '$2 == "${guest}" { $1 = $2 = ""; print }')
cd /var/lib/blanket
echo disk $(ls -A disks/${guest} 2>/dev/null | wc -l)
echo spec $(ls guests/${guest}.json 2>/dev/null | wc -l)
for f in migrations/*.json; do [ -e "$f" ] && printf 'record %s\\n' "$(tr -d '\\n' <"$f")"; done; true`;

export async function remainsOn(stand: Stand, host: string): Promise<Remains> {
  const text = await (await stand.hand(host)).run(script(stand.guest));
  const parts = text.split('\n').map((line) => {
    const at = line.indexOf(' ');
    return at === -1 ? ([line, ''] as const) : ([line.slice(0, at), line.slice(at + 1).trim()] as const);
  });
  const part = (name: string) => parts.find(([key]) => key === name)?.[1] ?? '';
  const records = parts.filter(([key]) => key === 'record').map(([, text]) => parseRecord(text));
  return {
    host,
    domain: part('domain') || 'absent',
    disk: part('disk') !== '0',
    spec: part('spec') !== '0',
    open: records.filter((one) => one.guest === stand.guest && !one.closed).map((one) => one.operation),
  };
}

const parseRecord = (text: string) => recordSchema.parse(JSON.parse(text));

/** The guest's service, asked from inside a host: no way through a host that may die is needed. */
async function ask(stand: Stand, host: string, request: string, limitMs: number): Promise<unknown> {
  const { nics } = await stand.client.call('guest.show', { params: { name: stand.guest } });
  const address = nics[0]?.address ?? '';
  const seconds = Math.ceil(limitMs / 1_000);
  const talk = `exec 3<>/dev/tcp/${address}/${port}; echo ${request} >&3; head -n 1 <&3`;
  const line = await (await stand.hand(host)).run(`timeout ${seconds} bash -c '${talk}'`, limitMs + 30_000);
  return JSON.parse(line.split('\n').at(-1) ?? '');
}

/** @throws Error when the guest does not answer */
export const countOf = async (stand: Stand, host: string): Promise<Reply> =>
  replySchema.parse(await ask(stand, host, 'count', 20_000));

/** The guest reads its whole disk for this. */
export const diskOf = async (stand: Stand, host: string): Promise<z.infer<typeof diskSchema>> =>
  diskSchema.parse(await ask(stand, host, 'check', 90_000));

/** Removes by hand what a broken promise left on the host that has not the guest, so that the next play stands for itself. */
export async function sweep(stand: Stand): Promise<void> {
  const { host } = await stand.client.call('guest.show', { params: { name: stand.guest } });
  for (const { name } of stand.hosts) {
    if (name === host) continue;
    const hand = await stand.hand(name);
    await hand.run(`virsh destroy ${stand.guest}; virsh undefine ${stand.guest}
cd /var/lib/blanket && rm -rf disks/${stand.guest} guests/${stand.guest}.json migrations/*.json`);
  }
}
