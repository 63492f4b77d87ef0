/** Errors as a person and a program read them, all on stderr. */
import { styleText } from 'node:util';
import type { Command, CommanderError } from 'commander';
import { exitCodeOf, type Problem, toProblem } from '../wire/errors.ts';
import type { Io } from './cli.ts';
import type { Format } from './print/format.ts';
import { hypervisorLines } from './print/hypervisor.ts';

/** Thrown by commander, with the command that could not be understood. */
export class UsageError extends Error {
  readonly problem: Problem;

  constructor(error: CommanderError, command: Command) {
    super(error.message);
    this.problem = usageProblem(error, command);
  }
}

/**
 * commander's codes are `commander.unknownOption` and the like, its messages `error: … \n(Did you mean x?)`.
 */
export function usageProblem(error: CommanderError, command: Command): Problem {
  const code = error.code.replace(/^commander\./, '').replace(/[A-Z]/g, (big) => `-${big.toLowerCase()}`);
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const hint = /^\((.*\?)\)$/.exec(rest.join(' '))?.[1];
  const help = `\`${fullName(command)} --help\` shows how it is used.`;
  return {
    code: `usage.${code}`,
    kind: 'usage',
    message: `${first.charAt(0).toUpperCase()}${first.slice(1).replace(/[.?!]?$/, (end) => end || '.')}`,
    next: hint === undefined ? help : `${hint} ${help}`,
  };
}

export const fullName = (command: Command): string =>
  command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;

const problemOf = (error: unknown): Problem =>
  error instanceof UsageError ? error.problem : toProblem(error);

/** Writes the error and gives the exit code it stands for. */
export function reportError(error: unknown, io: Pick<Io, 'stderr'>, format: Format): number {
  const problem = problemOf(error);
  const colour = (style: 'red' | 'cyan', text: string) => styleText(style, text, { stream: io.stderr });
  io.stderr.write(problemText(problem, colour));
  if (format === 'json') io.stderr.write(`${JSON.stringify({ problem })}\n`);
  return exitCodeOf(problem.kind);
}

export function problemText(
  problem: Problem,
  colour: (style: 'red' | 'cyan', text: string) => string = (_, text) => text,
): string {
  const lines = [`${colour('red', 'error:')} ${problem.message}`, `  code: ${problem.code}`];
  for (const cause of problem.causes ?? []) lines.push(`  cause: ${cause.replaceAll('\n', '\n    ')}`);
  for (const line of hypervisorLines(problem.data)) lines.push(`  ${line}`);
  if (problem.next !== undefined) lines.push(`  ${colour('cyan', 'next:')} ${problem.next}`);
  return `${lines.join('\n')}\n`;
}
