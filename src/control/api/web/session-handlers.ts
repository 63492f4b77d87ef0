/** Browsers' sessions: a ticket or a token comes in, a cookie goes out. The cookie is a header, so a hook sets it. */
import { TLSSocket } from 'node:tls';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { BlanketError } from '../../../wire/errors.ts';
import type { Session } from '../../../wire/routes/session.ts';
import type { Caller, Gate } from '../../access/gate.ts';
import type { Store } from '../../store/store.ts';
import type { Handlers } from '../handlers.ts';
import type { Loopback } from './loopback.ts';

type Names = 'session.ticket' | 'session.open' | 'session.show' | 'session.close';
type CallerOf = (request: object) => Caller;

const timeText = (ms: number): string => new Date(ms).toISOString();
const viewOf = ({ who, grant, session }: Caller, expiresAt = session?.expiresAt): Session => ({
  ...{ who, ...grant },
  expiresAt: expiresAt === undefined ? null : timeText(expiresAt),
});

export function sessionHandlers(
  server: FastifyInstance,
  { tokens }: Store,
  gate: Gate,
  callerOf: CallerOf,
  port: Loopback,
): Handlers<Names> {
  const cookies = new WeakMap<object, string>();
  server.addHook('onSend', async (request: FastifyRequest, reply: FastifyReply) => {
    const cookie = cookies.get(request);
    if (cookie !== undefined) void reply.header('set-cookie', cookie);
  });
  // The contract's handlers see a request's checked parts; these see the request itself as well.
  const whole = (request: object): FastifyRequest => request as FastifyRequest;
  return {
    async 'session.ticket'(request) {
      if (callerOf(request).from !== 'socket') throw notHere();
      const own = await port.open();
      const { ticket, expiresAt } = gate.sessions.ticket();
      return { url: `http://${own}/#ticket=${ticket}`, expiresAt: timeText(expiresAt) };
    },
    'session.open'(request) {
      const caller = callerOf(request);
      if (caller.from === 'socket') throw noBrowser();
      const token = caller.who.kind === 'token' ? caller.who.name : null;
      const until = token === null ? undefined : Date.parse(tokens.get(token).expiresAt);
      const listener = whole(request).raw.socket instanceof TLSSocket ? 'tls' : 'loopback';
      const { cookie, expiresAt } = gate.sessions.open(listener, token, until);
      cookies.set(request, cookie);
      return viewOf(caller, expiresAt);
    },
    'session.show': (request) => viewOf(callerOf(request)),
    'session.close'(request) {
      const { session } = callerOf(request);
      if (session === undefined) return {};
      cookies.set(request, gate.sessions.close(session.listener, whole(request).headers.cookie));
      return {};
    },
  };
}

const notHere = (): BlanketError =>
  new BlanketError('session.not-here', 'A ticket is for a browser on the machine of control.', {
    kind: 'blocked',
    next: 'Open the address at which you reach control in the browser, and log in there with your token.',
  });

const noBrowser = (): BlanketError =>
  new BlanketError('session.no-browser', 'Over its socket control needs no session.', {
    kind: 'usage',
    next: '`blanket ui` prints an address for a browser.',
  });
