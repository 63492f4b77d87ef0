/** The contract of a driver: what it is called, how sure it is, and which shims the host needs. */
import type { Facts } from './facts.ts';
import type { ShimPlan } from './shims/shim.ts';

/** `found`: this cloud and no other. `maybe`: it could be. `no`: it is not. */
export type Verdict = 'found' | 'maybe' | 'no';

/** Each piece of evidence is a short clause that a person can check against the facts. */
export type Judgement = { verdict: Verdict; evidence: string[] };

/** How narrow a driver is: made for one cloud, for one hypervisor whoever runs it, or for anything. */
export type Scope = 'cloud' | 'hypervisor' | 'anything';

export type Driver = {
  name: string;
  /** What a person calls the cloud. */
  title: string;
  scope: Scope;
  /** What it is recognised by, in a line for people; `docs/drivers.md` shows it. */
  signs: string;
  /** Where the signs and the plan's options are documented. */
  sources: readonly string[];
  detect(facts: Facts): Judgement;
  /** Shims in the order in which they are applied. */
  plan(facts: Facts): ShimPlan[];
};
