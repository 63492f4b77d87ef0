/**
 * Operations: persisted pieces of long work. Each runs one flow; one at a time on a subject; all can be
 * watched, most can be cancelled, and none is forgotten when control ends.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { toProblem } from '../../wire/errors.ts';
import type { Operation, OperationKind } from '../../wire/resources.ts';
import { type Flow, freshPhases, type Journal, type Outcome, recover, runPhases } from '../run-phases.ts';
import type { OperationRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { inOperation } from './current.ts';
import { forward, reachedBefore } from './forward.ts';
import { type Explanation, isFailure, problemOf, stateOf, undoneLater } from './outcome.ts';
import { refuseBusy, refuseCancel, refuseResume, runningRecords } from './refusals.ts';

export type FlowState = Record<string, unknown>;

export type Definition<S extends FlowState> = Flow<S> & {
  kind: OperationKind;
  /** What a flow that was undone is called: a migration is rolled back, other work has just failed. */
  undoneState: 'failed' | 'rolled-back';
  /** What may have been done to the subject since, and is not in the way when it is resumed. None unless told. */
  resumesAfter?: (state: S) => readonly OperationKind[];
  /** What else is known of a failure, for the data of its problem. Asked once, when all is undone that could be. */
  explain?: (state: S, operation: Operation) => Promise<Explanation>;
  /** Called once, however it ended, before the end is shown; makes the result of what is done. */
  end?: (state: S, outcome: Outcome, operation: Operation) => Record<string, unknown> | undefined;
};

type Run = (...of: Parameters<typeof runPhases<FlowState>>) => Promise<Outcome>;

export class Operations {
  readonly #store: Store;
  readonly #log: Logger;
  readonly #definitions = new Map<OperationKind, Definition<FlowState>>();
  /** How each that is under way is told to stop. */
  readonly #running = new Map<string, AbortController>();
  #changed = Promise.withResolvers<void>();

  constructor(store: Store, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  define<S extends FlowState>(definition: Definition<S>): void {
    this.#definitions.set(definition.kind, definition as unknown as Definition<FlowState>);
  }

  /** @throws BlanketError `operation.busy` when the subject has an operation under way. */
  needIdle(subject: string): void {
    refuseBusy(this.#store, subject);
  }

  /**
   * The flow finds its operation's id in its state as `operation`.
   * @throws BlanketError `operation.busy` when the subject has an operation under way.
   */
  start(kind: OperationKind, subject: string, flowState: FlowState): Operation {
    this.needIdle(subject);
    const id = `${kind.replace('.', '-')}-${randomBytes(4).toString('hex')}`;
    this.#store.operations.insert({
      ...{ name: id, id, kind, subject, state: 'running', flowState: { ...flowState, operation: id } },
      ...{ phases: freshPhases(this.#definition(kind).phases), progress: null, result: null, problem: null },
      ...{ version: Date.now(), createdAt: new Date().toISOString(), endedAt: null },
    });
    this.#launch(id, runPhases);
    return this.show(id);
  }

  /** @throws BlanketError `operation.not-found` */
  show(id: string): Operation {
    const {
      flowState: _flowState,
      name: _name,
      proof: _proof,
      cancelAskedAt: _asked,
      ...operation
    } = this.#store.operations.get(id);
    return operation;
  }

  /** Newest first. */
  list(): Operation[] {
    return this.#store.operations
      .list()
      .map(({ id }) => this.show(id))
      .reverse();
  }

  /** Operations under way whose flow state names this host. */
  using(host: string): Operation[] {
    return runningRecords(this.#store)
      .filter(({ flowState }) => Object.values(flowState).includes(host))
      .map(({ id }) => this.show(id));
  }

  /** Journaled, so that the next control knows of it too. @throws BlanketError `operation.ended`, `operation.past-return` */
  cancel(id: string): Operation {
    const operation = this.show(id);
    const { flowState } = this.#store.operations.get(id);
    refuseCancel(operation, this.#definition(operation.kind), flowState);
    this.#write(id, { cancelAskedAt: new Date().toISOString() });
    this.#running.get(id)?.abort();
    return this.show(id);
  }

  /**
   * Takes up one that could neither finish nor roll back: its phases ask the world anew.
   * @throws BlanketError `operation.not-stopped`, `operation.superseded`, `operation.busy`
   */
  resume(id: string): Operation {
    const record = this.#store.operations.get(id);
    const after = this.#definition(record.kind).resumesAfter?.(record.flowState) ?? [];
    refuseResume(this.#store, record, after);
    this.#log.warn({ operation: id }, 'taking up an operation that needed attention');
    this.#write(id, { state: 'running', problem: null, result: null, endedAt: null });
    this.#launch(id, (flow, journal, signal) => recover(flow, journal, signal, undoneLater(record.problem)));
    return this.show(id);
  }

  /** The operation as soon as its version is above `since`, or as it is after `waitMs`. */
  async wait(id: string, since: number, waitMs: number): Promise<Operation> {
    const until = Date.now() + waitMs;
    while (this.show(id).version <= since && Date.now() < until) {
      const enough = new AbortController();
      const timeout = sleep(until - Date.now(), undefined, { signal: enough.signal }).catch(() => undefined);
      await Promise.race([this.#changed.promise, timeout]);
      enough.abort();
    }
    return this.show(id);
  }

  /** Takes up everything that a crash or a stop of control left running. */
  recoverAll(): void {
    for (const { id } of runningRecords(this.#store)) {
      this.#log.warn({ operation: id }, 'taking up an interrupted operation');
      this.#write(id, { progress: reachedBefore(this.show(id).progress) });
      this.#launch(id, recover);
    }
  }

  #definition(kind: OperationKind): Definition<FlowState> {
    const definition = this.#definitions.get(kind);
    if (definition === undefined) throw new Error(`No flow is defined for ${kind}`);
    return definition;
  }

  #launch(id: string, how: Run): void {
    const { kind, cancelAskedAt } = this.#store.operations.get(id);
    const definition = this.#definition(kind);
    const abort = new AbortController();
    if (cancelAskedAt !== undefined) abort.abort();
    this.#running.set(id, abort);
    void inOperation(id, () => how(definition, this.#journal(id), abort.signal))
      .then(async (outcome) =>
        this.#finish(id, definition, outcome, await this.#explain(id, definition, outcome)),
      )
      .catch((error: unknown) => this.#broke(id, error))
      .finally(() => this.#running.delete(id));
  }

  /** Never fails: an operation that cannot be explained has ended all the same. */
  async #explain(id: string, { explain }: Definition<FlowState>, outcome: Outcome): Promise<Explanation> {
    if (explain === undefined || !isFailure(outcome)) return {};
    try {
      return await explain(this.#store.operations.get(id).flowState, this.show(id));
    } catch (error) {
      this.#log.error({ operation: id, err: error }, 'operation not explained');
      return {};
    }
  }

  #finish(id: string, definition: Definition<FlowState>, outcome: Outcome, known: Explanation): void {
    const record = this.#store.operations.get(id);
    const endedAt = new Date().toISOString();
    const result = definition.end?.(record.flowState, outcome, { ...this.show(id), endedAt }) ?? null;
    const problem = problemOf(outcome, known);
    if (problem) this.#log.warn({ operation: id, problem }, 'operation did not finish');
    const state = stateOf(outcome, problem, definition.undoneState);
    this.#write(id, { state, problem, result, endedAt, progress: null });
  }

  #broke(id: string, error: unknown): void {
    this.#log.error({ operation: id, err: error }, 'operation broke');
    const problem = { ...toProblem(error), kind: 'attention' as const };
    this.#write(id, { state: 'attention', problem, endedAt: new Date().toISOString(), progress: null });
  }

  #write(id: string, change: Partial<OperationRecord>): void {
    this.#store.operations.update(id, { ...change, version: nextVersion(this.#store.operations.get(id)) });
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  #journal(id: string): Journal<FlowState> {
    const record = () => this.#store.operations.get(id);
    return {
      get phases() {
        return record().phases;
      },
      state: () => record().flowState,
      saveState: (change) => this.#write(id, { flowState: { ...record().flowState, ...change } }),
      savePhase: (index, change) => {
        const { phases, kind, progress } = record();
        this.#log.info({ operation: id, kind, phase: phases[index]?.name, ...change }, 'phase');
        const isTakenUp = phases[index]?.state === 'running' && change.state === 'running';
        this.#write(id, {
          progress: isTakenUp ? progress : null,
          phases: phases.map((phase, i) => (i === index ? { ...phase, ...change } : phase)),
        });
      },
      progress: (progress) => {
        const before = record();
        // work that nobody waits for any more may still tell of itself
        if (before.state === 'running') this.#write(id, { progress: forward(before.progress, progress) });
      },
    };
  }
}

/** Above the last one, and above those of a control whose last words were lost. */
const nextVersion = ({ version }: OperationRecord): number => Math.max(version + 1, Date.now());
