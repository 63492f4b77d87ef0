/** What an operation let pass: on stderr for people, beside the result for programs. */
import { z } from 'zod';
import { type Problem, problemSchema } from '../../wire/errors.ts';
import type { Operation } from '../../wire/resources.ts';
import type { Cli } from '../cli.ts';

const resultSchema = z.object({ warnings: z.array(problemSchema) });

export const warningsOf = ({ result }: Operation): Problem[] =>
  resultSchema.safeParse(result).data?.warnings ?? [];

export const noteWarnings = (cli: Pick<Cli, 'note'>, operation: Operation): void =>
  noteProblems(cli, warningsOf(operation));

export function noteProblems(cli: Pick<Cli, 'note'>, warnings: readonly Problem[]): void {
  for (const { message, code, next } of warnings) {
    cli.note(`warning: ${message}\n  code: ${code}${next === undefined ? '' : `\n  next: ${next}`}`);
  }
}

/** For data: a key of its own, and only where there is something. */
export const withWarnings = <T extends object>(
  value: T,
  operation: Operation,
): T & { warnings?: Problem[] } => {
  const warnings = warningsOf(operation);
  return warnings.length === 0 ? value : { ...value, warnings };
};
