/** Progress of each operation twice a second at most; of what comes sooner only the newest is told, when its time has come. */
import type { NewEvent } from './event.ts';

const PAUSE_MS = 500;

type Held = { event: NewEvent; timer: NodeJS.Timeout };

export class Pace {
  readonly #tell: (event: NewEvent) => void;
  readonly #toldAt = new Map<string, number>();
  readonly #held = new Map<string, Held>();

  constructor(tell: (event: NewEvent) => void) {
    this.#tell = tell;
  }

  /** Whether it may be told now; else it is kept. Whatever else happens to an operation ends the progress before it. */
  admits(event: NewEvent, now: number = Date.now()): boolean {
    const { operation, kind } = event;
    if (operation === undefined || !kind.startsWith('operation.')) return true;
    const held = this.#held.get(operation);
    if (kind !== 'operation.progress') {
      this.#drop(operation);
      if (kind === 'operation.ended') this.#toldAt.delete(operation);
      return true;
    }
    if (held !== undefined) {
      held.event = event;
      return false;
    }
    const waitMs = (this.#toldAt.get(operation) ?? Number.NEGATIVE_INFINITY) + PAUSE_MS - now;
    if (waitMs > 0) {
      this.#held.set(operation, { event, timer: setTimeout(() => this.#due(operation), waitMs).unref() });
      return false;
    }
    this.#toldAt.set(operation, now);
    return true;
  }

  close(): void {
    for (const operation of [...this.#held.keys()]) this.#drop(operation);
  }

  #due(operation: string): void {
    const held = this.#held.get(operation);
    this.#held.delete(operation);
    if (held === undefined) return;
    this.#toldAt.set(operation, Date.now());
    this.#tell(held.event);
  }

  #drop(operation: string): void {
    clearTimeout(this.#held.get(operation)?.timer);
    this.#held.delete(operation);
  }
}
