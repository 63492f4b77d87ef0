/** From a call's name and raw parameters to its handler, checked. */
import { z } from 'zod';
import { isLibvirtError, LibvirtConnectionError } from '../../libvirt/errors.ts';
import { CommandError } from '../../process/run.ts';
import type { AgentMethod } from '../../wire/agent.ts';
import { agentMethods } from '../../wire/agent-methods.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { Call, Handler, Handlers } from '../handlers.ts';

const isMethod = (name: string): name is AgentMethod => Object.hasOwn(agentMethods, name);

/** Errors of libvirt and of programs get a code of their own; what they say is the message. */
function nameErrors(method: string, error: unknown): unknown {
  const data = { method };
  if (isLibvirtError(error)) {
    return new BlanketError('libvirt.failed', `libvirt says: ${error.message}.`, {
      data: { ...data, libvirt: error.codeName },
      cause: error.cause,
    });
  }
  if (error instanceof LibvirtConnectionError) {
    return new BlanketError('libvirt.lost', `The connection to libvirt was lost: ${error.message}`, { data });
  }
  if (error instanceof CommandError) return new BlanketError('host.command-failed', error.message, { data });
  return error;
}

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
  const handler = handlers[method] as Handler<AgentMethod>;
  return handler(parsed.data as never, call).catch((error: unknown) => {
    throw nameErrors(method, error);
  });
}
