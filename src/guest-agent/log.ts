/** One line an event to stderr, which systemd keeps in the journal. */
import { toProblem } from '../wire/errors.ts';

export function log(event: string, data: Record<string, unknown> = {}): void {
  process.stderr.write(`${JSON.stringify({ event, ...data })}\n`);
}

export const logError = (event: string, error: unknown, data: Record<string, unknown> = {}): void =>
  log(event, { ...data, problem: toProblem(error) });
