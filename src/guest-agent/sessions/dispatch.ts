/** From a call's name and raw parameters to its handler, checked. */
import { z } from 'zod';
import type { AgentMethod } from '../../wire/agent.ts';
import { agentMethods } from '../../wire/agent-methods.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { Call, Handler, Handlers } from '../handlers.ts';

const isMethod = (name: string): name is AgentMethod => Object.hasOwn(agentMethods, name);

/** @throws BlanketError `agent.unknown-method`, `agent.bad-params`, or what the handler throws. */
export async function dispatch(
  handlers: Handlers,
  method: string,
  params: unknown,
  call: Call,
): Promise<unknown> {
  if (!isMethod(method)) {
    throw new BlanketError('agent.unknown-method', `This agent has no method "${method}".`, {
      kind: 'not-found',
      next: 'Bring agent and control to the same version.',
    });
  }
  const parsed = agentMethods[method].params.safeParse(params);
  if (!parsed.success) {
    throw new BlanketError('agent.bad-params', `${method}: ${z.prettifyError(parsed.error)}`, {
      kind: 'usage',
    });
  }
  // The table ties each name to its parameters; TypeScript cannot follow that through a variable name.
  return (handlers[method] as Handler<AgentMethod>)(parsed.data as never, call);
}
