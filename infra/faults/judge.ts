/** Whether what is left after a fault is what was promised. Pure: what was seen goes in, sentences come out. */
import type { Reply } from '../demo/continuity.ts';

/** What one host has of the guest, as that host says. */
export type Remains = {
  host: string;
  /** libvirt's state of its domain there; `absent` when there is none. */
  domain: string;
  disk: boolean;
  spec: boolean;
  /** Operations whose record there is still open. */
  open: string[];
};

export type Seen = {
  operation: { id: string; state: string; problem: string | null };
  /** What Blanket says. */
  guest: { host: string; state: string };
  remains: Remains[];
  /** The guest's own word before the migration and after all. */
  before: Reply;
  after: Reply | undefined;
  /** What the guest found on its disk, read anew. */
  disk: { unbroken: boolean; last: number };
  /** It was started again after it had been found dead. */
  restarted: boolean;
  /** Whether the fault may end the guest. */
  mayDie: boolean;
};

const ends = ['done', 'rolled-back', 'attention'];

/** One sentence for each promise that was broken; none when all was kept. */
export function judge(seen: Seen): string[] {
  return [...operationFaults(seen), ...copiesFaults(seen), ...lifeFaults(seen), ...leftovers(seen)];
}

function operationFaults({ operation: { id, state } }: Seen): string[] {
  return ends.includes(state) ? [] : [`Operation ${id} was left ${state}.`];
}

const alive = (domain: string): boolean => domain === 'running';

function copiesFaults({ guest, remains }: Seen): string[] {
  const running = remains.filter(({ domain }) => alive(domain)).map(({ host }) => host);
  if (running.length > 1) return [`It runs on ${running.join(' and ')}.`];
  if (running.length === 0) return ['It runs nowhere.'];
  const said = `Blanket says that it is ${guest.state} on ${guest.host}`;
  return running[0] === guest.host && guest.state === 'running' ? [] : [`It runs on ${running[0]}; ${said}.`];
}

function lifeFaults({ before, after, disk, restarted, mayDie }: Seen): string[] {
  const faults: string[] = [];
  if (restarted && !mayDie) faults.push('It had ended, though its machine lived.');
  if (!disk.unbroken) faults.push('The counts on its disk are broken.');
  if (disk.last < before.persisted)
    faults.push(`Its disk ends at ${disk.last}; it had said that ${before.persisted} was written.`);
  if (after === undefined) return [...faults, 'It does not answer.'];
  if (restarted) return faults;
  if (after.bootId !== before.bootId) faults.push('It was booted anew.');
  else if (after.count <= before.count) faults.push(`Its count went from ${before.count} to ${after.count}.`);
  return faults;
}

function leftovers({ guest, remains, operation }: Seen): string[] {
  return remains.flatMap(({ host, domain, disk, spec, open }) => {
    const faults: string[] = [];
    if (host !== guest.host && !alive(domain)) {
      const left = [
        ...(domain === 'absent' ? [] : [`a domain (${domain})`]),
        ...(disk ? ['a disk'] : []),
        ...(spec ? ['its description'] : []),
      ];
      if (left.length > 0) faults.push(`Left over on ${host}: ${left.join(', ')}.`);
    }
    if (open.includes(operation.id)) faults.push(`${host} still holds the migration open.`);
    return faults;
  });
}
