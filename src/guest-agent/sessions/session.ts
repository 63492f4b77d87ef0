/**
 * One control's connection: the protocol of `wire/agent.ts` seen from the agent.
 *
 *   greeting --select--> open --close--> (calls under way go on, their outcomes are kept by what they did)
 */
import type { RawData, WebSocket } from 'ws';
import { agentProtocolVersions, type FromAgent, type ToAgent, toAgentSchema } from '../../wire/agent.ts';
import { toProblem } from '../../wire/errors.ts';
import type { Handlers } from '../handlers.ts';
import { logError } from '../log.ts';
import { loggedCall } from './call-log.ts';
import { dispatch } from './dispatch.ts';

/** WebSocket close code for a peer that breaks the protocol (RFC 6455, 7.4.1). */
const protocolError = 1002;

export function serveSession(socket: WebSocket, handlers: Handlers, agent: string): void {
  const running = new Map<number, AbortController>();
  let open = false;
  const send = (message: FromAgent) => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
  };

  async function call({ id, method, params, operation }: Extract<ToAgent, { type: 'call' }>): Promise<void> {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const progress = (value: unknown) => send({ type: 'progress', id, value });
      const own = { progress, signal: controller.signal };
      const value = await loggedCall(method, params, operation, () =>
        dispatch(handlers, method, params, own),
      );
      send({ type: 'result', id, value: value ?? {} });
    } catch (error) {
      send({ type: 'error', id, problem: toProblem(error) });
    } finally {
      running.delete(id);
    }
  }

  function take(message: ToAgent): string | undefined {
    if (message.type === 'select') {
      open = (agentProtocolVersions as readonly number[]).includes(message.version);
      return open ? undefined : `version ${message.version} is not among ${agentProtocolVersions.join(', ')}`;
    }
    if (!open) return 'select a version first';
    if (message.type === 'cancel') running.get(message.id)?.abort();
    else if (running.has(message.id)) return `call ${message.id} is still under way`;
    else void call(message);
    return undefined;
  }

  socket.on('error', (error) => logError('session.error', error));
  socket.on('message', (data: RawData) => {
    const message = parse(data);
    const wrong = message === undefined ? 'not a message of this protocol' : take(message);
    if (wrong !== undefined) socket.close(protocolError, wrong);
  });
  send({ type: 'hello', versions: [...agentProtocolVersions], agent });
}

function parse(data: RawData): ToAgent | undefined {
  try {
    return toAgentSchema.parse(JSON.parse(String(data)));
  } catch (error) {
    logError('session.bad-message', error);
    return undefined;
  }
}
