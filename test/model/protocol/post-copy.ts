/** What may happen in post-copy beside the calls: it is noted, it begins, all memory comes, and a person ends a broken guest. */
import { canSend, isCopying, switchOver } from './libvirt.ts';
import type { Try } from './moves.ts';
import type { Rules } from './rules.ts';
import { endPerform } from './turns.ts';
import { type At, type Host, other, type World } from './world.ts';

/** The agent that watches the copy may order it to switch: nobody has cancelled it. */
function maySwitch({ postcopy }: World, host: Host): boolean {
  const { performing, cancelled, agent, libvirt, guest } = host;
  if (!postcopy || !agent || !libvirt || performing === 0 || cancelled === performing) return false;
  return isCopying(host) && guest === 'running';
}

export const postCopies = (at: At, rules: Rules): [string, Try][] => [
  [
    `${at} notes that it may switch`,
    (world) => {
      const host = world.hosts[at];
      const record = host.performing === 0 ? null : host.records[host.performing - 1];
      if (!rules.notesSwitch || !maySwitch(world, host) || record?.step !== 'begun') return false;
      record.step = 'switched';
      return true;
    },
  ],
  [
    `${at} switches`,
    (world) => {
      const host = world.hosts[at];
      if (!maySwitch(world, host) || world.hosts[other(at)].guest !== 'incoming') return false;
      const noted = host.records[host.performing === 2 ? 1 : 0]?.step === 'switched';
      if (rules.notesSwitch && !noted) return false;
      switchOver(world, at);
      return true;
    },
  ],
  [
    `${at} tells that it has switched`,
    (world) => {
      const host = world.hosts[at];
      if (!host.agent || !host.libvirt || host.performing === 0 || host.post !== 'out') return false;
      const record = host.records[host.performing - 1];
      if (record !== null && record !== undefined && rules.notesSwitch) record.gone = true;
      endPerform(world, at, 'switched', rules);
      return true;
    },
  ],
  [
    `all memory has come from ${at}`,
    (world) => {
      const [source, destination] = [world.hosts[at], world.hosts[other(at)]];
      if (!canSend(source) || destination.post !== 'in' || destination.guest !== 'running') return false;
      destination.post = 'no';
      return true;
    },
  ],
  [
    `a person ends the broken guest on ${at}`,
    ({ control, hosts }) => {
      const [here, there] = [hosts[at], hosts[other(at)]];
      const broken = here.guest === 'running' && here.post === 'in' && !canSend(there);
      if (!control.up || control.place !== 'attention' || !broken || !here.libvirt) return false;
      Object.assign(here, { guest: 'stopped', ram: false, post: 'no' });
      return true;
    },
  ],
];
