/** A verified record of a move as a person reads it. */
import type { Move } from '../../wire/move-proof.ts';
import type { Verified } from '../proof/verify.ts';
import { type Field, fieldLines } from './table.ts';
import { bytesText, durationText } from './units.ts';

type Side = Move['source'];

const sideText = ({ host, cloud, driver, versions }: Side): string => {
  const on = `${host} (cloud ${cloud}, driver ${driver ?? 'none'})`;
  if (versions === null) return on;
  return `${on}, agent ${versions.agent}, QEMU ${versions.qemu}, libvirt ${versions.libvirt}, kernel ${versions.kernel}`;
};

const diskText = ({ disk, unknown }: Move): string =>
  disk.verifiedBy === 'digest'
    ? `read on both sides while the guest stood still, ${disk.source === disk.destination ? 'equal' : 'NOT EQUAL'}: ${disk.source}`
    : `as QEMU's mirror reported it. ${unknown.disk ?? ''}`.trim();

const orWhy = (move: Move, name: keyof Move, text: string | null): string =>
  text ?? `not known. ${move.unknown[name] ?? ''}`.trim();

const phasesText = ({ phases }: Move): string =>
  phases
    .map(({ name, durationMs }) => `${name} ${durationMs === null ? '-' : durationText(durationMs)}`)
    .join(', ');

const rangeText = ({ low, high }: { low: number; high: number }): string =>
  `${durationText(low)} to ${durationText(high)}`;

function predictedText({ predicted }: Move): string | null {
  if (predicted === null) return null;
  const parts = [
    predicted.downtimeMs === null ? null : `downtime ${rangeText(predicted.downtimeMs)}`,
    predicted.totalMs === null ? null : `total ${rangeText(predicted.totalMs)}`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(', ');
}

const clockText = ({ clockStepMs: step, clockStepUncertaintyMs: give }: Move): string | null => {
  if (step === null) return null;
  return `set ${step < 0 ? 'back' : 'forward'} by ${Math.abs(step)} ms${give === null ? '' : `, give or take ${give} ms`}`;
};

const fields = ({ keyId, move }: Verified): Field[] => [
  ['signature', `good, by ${keyId}`],
  ['guest', `${move.guest.name} (${move.guest.uuid})`],
  ['image', move.guest.image],
  ['from', sideText(move.source)],
  ['to', sideText(move.destination)],
  ['began', move.startedAt],
  ['ended', `${move.endedAt}, after ${durationText(move.totalMs)}`],
  ['phases', phasesText(move)],
  [
    'sent',
    `memory ${bytesText(move.memoryBytes)} in ${move.rounds} rounds, disk ${bytesText(move.diskBytes)}`,
  ],
  ['downtime', orWhy(move, 'downtimeMs', move.downtimeMs === null ? null : durationText(move.downtimeMs))],
  ['predicted', orWhy(move, 'predicted', predictedText(move))],
  ['disk', diskText(move)],
  ["guest's clock", orWhy(move, 'clockStepMs', clockText(move))],
  ['operation', `${move.operation}, by Blanket ${move.blanket}`],
];

/** Ends with a newline. */
export const moveText = (verified: Verified): string => fieldLines(fields(verified));
