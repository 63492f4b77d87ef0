/** The daemon: `blanket serve` runs this. One control a state directory; see `store/store.ts` for the lock. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { toProblem } from '../wire/errors.ts';
import { findHome, type Home } from '../wire/home.ts';
import { fingerprintOf, listenTls, namesIn, tlsSettings } from './access/listen.ts';
import { Agents } from './agents/agents.ts';
import { serveConsoles } from './api/console.ts';
import { makeServer } from './api/server.ts';
import { conformFlow } from './conform/conform.ts';
import { drainFlow } from './drain/drain.ts';
import { diskFlow } from './guest/disk-flow.ts';
import { createGuestFlow, removeGuestFlow, startGuestFlow, stopGuestFlow } from './guest/guest-flows.ts';
import { migrateFlow } from './migrate/migrate.ts';
import { currentOperation } from './operations/current.ts';
import { withWords } from './operations/hypervisor-words.ts';
import { Operations } from './operations/operations.ts';
import { probeFlow } from './provision/probe.ts';
import { provisionFlow } from './provision/provision.ts';
import { removeHostFlow } from './provision/remove-host.ts';
import type { Services } from './services.ts';
import { controlKey } from './ssh/keys.ts';
import { openStore } from './store/store.ts';
import { watchHosts } from './watch-hosts.ts';

const log = pino({
  level: process.env.BLANKET_LOG ?? 'info',
  // in every line that is written in an operation's name
  mixin: () => ({ operation: currentOperation() }),
});

async function openServices(home: Home): Promise<Services> {
  await mkdir(home.state, { recursive: true, mode: 0o700 });
  const store = openStore(join(home.state, 'control.db'));
  const key = await controlKey(home.state);
  const operations = new Operations(store, log);
  return { store, operations, agents: new Agents(store, key), key, paths: { state: home.state }, log };
}

function defineFlows(services: Services): void {
  const { operations } = services;
  operations.define(provisionFlow(services));
  operations.define(probeFlow(services));
  operations.define(conformFlow(services));
  operations.define(removeHostFlow(services));
  operations.define(withWords(services, createGuestFlow(services)));
  operations.define(withWords(services, startGuestFlow(services)));
  operations.define(withWords(services, stopGuestFlow(services)));
  operations.define(withWords(services, removeGuestFlow(services)));
  operations.define(withWords(services, diskFlow(services)));
  operations.define(withWords(services, migrateFlow(services)));
  operations.define(drainFlow(services));
}

/** Where control's environment asks for it. */
async function serveOthers(
  services: Services,
  server: Awaited<ReturnType<typeof makeServer>>,
): Promise<void> {
  const settings = tlsSettings(process.env);
  if (settings === undefined) return;
  const { host, port, cert } = settings;
  server.gate.names = namesIn(cert);
  const secure = await listenTls(settings, server.routing);
  serveConsoles(secure, services, server.gate);
  log.info({ host, port, fingerprint: fingerprintOf(cert) }, 'control serves with TLS');
}

async function serve(home: Home): Promise<void> {
  const services = await openServices(home);
  defineFlows(services);
  const server = await makeServer(services, log);
  // We hold the store's lock, so a socket that is here is left over from a control that is gone.
  if (existsSync(home.socket)) await rm(home.socket);
  await server.listen({ path: home.socket });
  await chmod(home.socket, 0o600);
  await serveOthers(services, server);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(signal));
  log.info({ socket: home.socket, state: home.state }, 'control serves');
  services.operations.recoverAll();
  await watchHosts(services, stop.signal);
  // Operations under way are journaled: the next control takes them up.
  log.info({ signal: stop.signal.reason }, 'control ends');
  await rm(home.socket, { force: true });
  process.exit(0);
}

try {
  await serve(findHome());
} catch (error) {
  const problem = toProblem(error);
  log.fatal({ problem, err: error }, 'control cannot serve');
  process.exitCode = 1;
}
