/** The contract of a driver: what it is called, how sure it is, and which shims the host needs. */
import type { Facts } from './facts.ts';
import type { ShimPlan } from './shims/shim.ts';

/** `found`: this cloud and no other. `maybe`: it could be. `no`: it is not. */
export type Verdict = 'found' | 'maybe' | 'no';

/** Each piece of evidence is a short clause that a person can check against the facts. */
export type Judgement = { verdict: Verdict; evidence: string[] };

export type Driver = {
  name: string;
  /** What a person calls the cloud. */
  title: string;
  detect(facts: Facts): Judgement;
  plan(facts: Facts): ShimPlan[];
};
