/**
 * Whether a guest's CPU fits the host it is to run on, and the fleet.
 *
 *   missing   the host itself lacks features: the guest cannot work there      policy `cpuMissing`, by default refuse
 *   wider     some other host lacks features: the guest could not go there     policy `cpu`, by default warn;
 *             at a migration a warning only, since a third host has no part in it
 */
import { without } from '../../wire/cpu.ts';
import { BlanketError, type Problem, toProblem } from '../../wire/errors.ts';
import type { FleetPolicy } from '../../wire/routes/fleet.ts';
import type { FleetHost } from './baseline.ts';

type Lack = { host: string; features: string[] };
export type CpuFinding = { what: 'missing' | 'wider'; lacks: Lack[] };

const lacksOf = (features: readonly string[], hosts: readonly FleetHost[]): Lack[] =>
  hosts
    .map(({ host, cpu }) => ({ host, features: without(features, cpu.features) }))
    .filter((lack) => lack.features.length > 0);

/** @param features the guest's. @param on the host that is to run it; its CPU may be in the fleet or be unknown. */
export function cpuFindings(
  features: readonly string[],
  on: string,
  fleet: readonly FleetHost[],
): CpuFinding[] {
  const missing = lacksOf(
    features,
    fleet.filter(({ host }) => host === on),
  );
  const wider = lacksOf(
    features,
    fleet.filter(({ host }) => host !== on),
  );
  return [
    ...(missing.length > 0 ? [{ what: 'missing' as const, lacks: missing }] : []),
    ...(wider.length > 0 ? [{ what: 'wider' as const, lacks: wider }] : []),
  ];
}

/** What the guest was about to do, in the words of codes and advice. */
export type CpuOccasion = 'create' | 'start' | 'migrate';

const advice: Record<CpuFinding['what'], Record<CpuOccasion, string>> = {
  missing: {
    create: 'Leave --cpu out, or choose another host: `blanket fleet baseline` shows what each has.',
    start: 'Make the guest anew with --cpu baseline: `blanket fleet baseline` shows what each host has.',
    migrate: 'Choose a host that has them: `blanket fleet baseline` shows what each has.',
  },
  wider: {
    create: 'With --cpu baseline it can go everywhere: see `blanket fleet baseline`.',
    start: 'Made anew with --cpu baseline it could go everywhere: see `blanket fleet baseline`.',
    migrate: 'Made anew with --cpu baseline it could go everywhere: see `blanket fleet baseline`.',
  },
};

const SHOWN = 12;

const listed = (features: readonly string[]): string =>
  features.length <= SHOWN
    ? features.join(', ')
    : `${features.slice(0, SHOWN).join(', ')} and ${features.length - SHOWN} more`;

const sentence = (guest: string, { what, lacks }: CpuFinding): string => {
  const who = lacks.map(({ host, features }) => `${host} cannot show ${listed(features)}`).join('; ');
  return what === 'missing'
    ? `The host lacks features of the CPU of ${guest}: ${who}.`
    : `The CPU of ${guest} is wider than the fleet's baseline: ${who}.`;
};

function problemOf(guest: string, occasion: CpuOccasion, finding: CpuFinding): BlanketError {
  const code =
    finding.what === 'missing' && occasion === 'migrate' ? 'migrate.cpu-missing' : 'guest.cpu-too-wide';
  return new BlanketError(code, sentence(guest, finding), {
    kind: 'blocked',
    next: advice[finding.what][occasion],
    data: { guest, lacks: finding.lacks },
  });
}

function policyFor({ what }: CpuFinding, occasion: CpuOccasion, policy: FleetPolicy) {
  if (what === 'missing') return policy.cpuMissing;
  return occasion === 'migrate' ? 'warn' : policy.cpu;
}

export type CpuCase = { guest: string; occasion: CpuOccasion; findings: readonly CpuFinding[] };

/** @returns what to warn about. @throws BlanketError `guest.cpu-too-wide`, `migrate.cpu-missing`, kind `blocked` */
export function judgeCpu({ guest, occasion, findings }: CpuCase, policy: FleetPolicy): Problem[] {
  const refused = findings.find((finding) => policyFor(finding, occasion, policy) === 'refuse');
  if (refused !== undefined) throw problemOf(guest, occasion, refused);
  return findings.map((finding) => toProblem(problemOf(guest, occasion, finding)));
}
