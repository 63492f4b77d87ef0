/**
 * Who may do what. Each route says what it needs (`routes/*`); each token says what it gives. A role gives all that the ones
 * before it give. To migrate is a right of its own, out of hosts and in to hosts apart; an admin has both.
 */
import { z } from 'zod';

export const roles = ['viewer', 'operator', 'admin'] as const;
export const roleSchema = z.enum(roles);
export type Role = z.infer<typeof roleSchema>;

export const rights = ['migrate-out', 'migrate-in'] as const;
export type Right = (typeof rights)[number];

export type Needs = readonly [Role, ...Right[]];

/** It reads. */
export const viewer = ['viewer'] as const;
/** It changes guests, disks and networks. */
export const operator = ['operator'] as const;
/** It changes clouds, hosts, images and who may do what, or names files of control's machine. */
export const admin = ['admin'] as const;
/** A migration leaves one host and comes to another. */
export const migrating = ['viewer', ...rights] as const;
export const draining = ['operator', ...rights] as const;

export type Grant = { role: Role; migrateOut: boolean; migrateIn: boolean };

/** What is lacking, in words; empty: nothing. */
export function lacking({ role, migrateOut, migrateIn }: Grant, [least, ...wanted]: Needs): string[] {
  if (role === 'admin') return [];
  const given: Record<Right, boolean> = { 'migrate-out': migrateOut, 'migrate-in': migrateIn };
  return [
    ...(roles.indexOf(role) < roles.indexOf(least) ? [`the role ${least}`] : []),
    ...wanted.filter((right) => !given[right]).map((right) => `the right ${right}`),
  ];
}

/** A route that is more than read: such requests are kept in the audit log. */
export const isChange = ({ method, needs }: { method: string; needs: Needs }): boolean =>
  method !== 'GET' && !(needs.length === 1 && needs[0] === 'viewer');
