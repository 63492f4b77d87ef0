/** What a method's code is given and gives. */
import type { AgentMethod, AgentParsed, AgentResult } from '../wire/agent.ts';

/** `signal` is aborted by the caller's cancel message only: a call outlives its connection. */
export type Call = { progress(value: unknown): void; signal: AbortSignal };

export type Handler<M extends AgentMethod> = (params: AgentParsed<M>, call: Call) => Promise<AgentResult<M>>;

export type Handlers = { [M in AgentMethod]: Handler<M> };

/** The part of `Handlers` whose names begin with one of these words. */
export type HandlersOf<Noun extends string> = Pick<Handlers, Extract<AgentMethod, `${Noun}.${string}`>>;
