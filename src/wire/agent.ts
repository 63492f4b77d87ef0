/**
 * The wire between control and an agent: JSON messages on a WebSocket, which runs over SSH to the agent's
 * Unix socket. The agent speaks first.
 *
 *   agent                         control
 *     | hello {versions, agent}      |
 *     | ---------------------------> |   picks the newest version both know, or closes
 *     | <--------------------------- |   select {version, control}
 *     | <--------------------------- |   call {id, method, params}
 *     | progress {id, value} * ----> |
 *     | result {id, value} | error { id, problem } ---> |
 *     | <--------------------------- |   cancel {id}
 *
 * A call outlives the connection: when control goes away, a migration goes on, and its outcome is asked for
 * with `migrate.status`.
 */
import { z } from 'zod';
import type { agentMethods } from './agent-methods.ts';
import { problemSchema } from './errors.ts';

/** Newest last. 2: networks with firewalls, published ports and connections, tunnels that relay, guests with metadata. */
export const agentProtocolVersions = [2] as const;

const id = z.int().nonnegative();

export const fromAgentSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), versions: z.array(z.int()), agent: z.string() }),
  z.object({ type: z.literal('progress'), id, value: z.unknown() }),
  z.object({ type: z.literal('result'), id, value: z.unknown() }),
  z.object({ type: z.literal('error'), id, problem: problemSchema }),
]);
export type FromAgent = z.infer<typeof fromAgentSchema>;

export const toAgentSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('select'), version: z.int(), control: z.string() }),
  z.object({
    type: z.literal('call'),
    id,
    method: z.string(),
    params: z.unknown(),
    /** In whose name; older controls do not tell. */ operation: z.string().optional(),
  }),
  z.object({ type: z.literal('cancel'), id }),
]);
export type ToAgent = z.infer<typeof toAgentSchema>;

export type AgentMethods = typeof agentMethods;
export type AgentMethod = keyof AgentMethods;
export type AgentParams<M extends AgentMethod> = z.input<AgentMethods[M]['params']>;
export type AgentParsed<M extends AgentMethod> = z.output<AgentMethods[M]['params']>;
export type AgentResult<M extends AgentMethod> = z.output<AgentMethods[M]['result']>;

/** Files and sockets on a host that both sides name. */
export const agentPaths = {
  bundle: '/usr/local/lib/blanket/agent.mjs',
  unit: 'blanket-agent.service',
  socket: '/run/blanket/agent.sock',
  state: '/var/lib/blanket',
  /** Control uploads image files here by SFTP before `image.adopt`. */
  uploads: '/var/lib/blanket/uploads',
} as const;

/** Path of the console's own WebSocket on the agent's socket: binary frames both ways. */
export const consolePath = (guest: string): string => `/console/${guest}`;
export const callPath = '/calls';
