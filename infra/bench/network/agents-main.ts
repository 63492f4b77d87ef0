/**
 * Stands for the agents of a whole fleet: the agent's own server on one Unix socket, which reads and checks every
 * message as an agent does and then does nothing. A process of its own, so that control's work is told apart.
 */
import type { Handlers } from '../../../src/guest-agent/handlers.ts';
import { serve } from '../../../src/guest-agent/server.ts';

const [socketPath] = process.argv.slice(2);
if (socketPath === undefined) throw new Error('Say where the socket is to be.');

const handlers: Pick<Handlers, 'network.apply' | 'network.forward'> = {
  'network.apply': async () => ({}),
  'network.forward': async () => ({}),
};

await serve({
  socketPath,
  agent: 'bench',
  handlers: handlers as Handlers, // nothing else is asked
  openConsole: () => Promise.reject(new Error('There is no console.')),
});
// Whoever started this ends; so does it.
process.stdin.on('end', () => process.exit()).resume();
console.log('ready');
