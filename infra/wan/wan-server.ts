/**
 * The switch as a service: ports that outlive it, and the control socket.
 *
 * The process whose socket lies at the control path is the WAN. A new switch moves its own socket there in one
 * step, and one that finds another's there ends; so two that were started at once, or one that hung, cannot
 * both go on, and a switch whose state directory was removed ends too.
 */
import { rename, rm, stat } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { BlanketError, toProblem } from '../../src/wire/errors.ts';
import { inTurn } from './in-turn.ts';
import { readLinks } from './links-file.ts';
import { PortConnection } from './port-connection.ts';
import { type KnownPort, readPorts, writePorts } from './ports-file.ts';
import { Switch } from './switch.ts';
import { controlSocket, type WanPaths } from './wan-paths.ts';
import {
  envelopeSchema,
  requestSchema,
  type WanAnswer,
  type WanRequest,
  type WanState,
  wanProtocolVersion,
} from './wan-protocol.ts';

const ownershipCheckMs = 1_000;
/** A switch that was started for a VM and never got one, its starter having died. */
const idleMs = 30_000;

type Wan = {
  readonly paths: WanPaths;
  readonly log: (text: string) => void;
  readonly fabric: Switch;
  readonly connections: Map<string, PortConnection>;
  readonly server: Server;
  readonly path: string;
  readonly end: () => void;
};

/**
 * Serves until the last port is detached or the control path is another's; then resolves.
 * @throws when the control socket cannot be made.
 */
export async function serveWan(paths: WanPaths, log: (text: string) => void): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const path = await controlSocket(paths);
  const server = createServer();
  const wan: Wan = {
    paths,
    log,
    path,
    server,
    fabric: new Switch(),
    connections: new Map(),
    end: ended.resolve,
  };
  for (const { a, b, ...settings } of await readLinks(paths)) wan.fabric.setLink(a, b, settings);
  for (const port of await readPorts(paths)) connectPort(wan, port);
  server.on('connection', (socket) => serveClient(wan, socket));
  const inode = await listenAt(server, path);
  log(`serving ${wan.connections.size} ports`);
  const ownership = setInterval(() => void endIfReplaced(wan, inode), ownershipCheckMs);
  const idle = setTimeout(() => wan.connections.size === 0 && wan.end(), idleMs);
  await ended.promise;
  clearInterval(ownership);
  clearTimeout(idle);
  await close(wan, inode);
}

async function listenAt(server: Server, path: string): Promise<number> {
  const made = `${path}.${process.pid % 10_000}`;
  await rm(made, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(made, resolve);
  });
  const { ino } = await stat(made);
  await rename(made, path);
  return ino;
}

async function inodeAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).ino;
  } catch {
    return undefined; // gone, or no longer reachable: not ours either way
  }
}

async function endIfReplaced(wan: Wan, inode: number): Promise<void> {
  if ((await inodeAt(wan.path)) === inode) return;
  wan.log('another switch has taken the control path');
  wan.end();
}

async function close(wan: Wan, inode: number): Promise<void> {
  for (const connection of wan.connections.values()) connection.close();
  wan.fabric.close();
  wan.server.close();
  if ((await inodeAt(wan.path)) === inode) await rm(wan.path, { force: true });
  wan.log('ended');
}

function serveClient(wan: Wan, socket: Socket): void {
  socket.on('error', (error) => wan.log(`control: ${error.message}`));
  const lines = createInterface({ input: socket });
  lines.on('line', (line) => {
    void inTurn(wan.path, async () => {
      const { answer, last } = await answerTo(wan, line);
      socket.write(`${JSON.stringify(answer)}\n`, () => last && wan.end());
    });
  });
}

async function answerTo(wan: Wan, line: string): Promise<{ answer: WanAnswer; last: boolean }> {
  try {
    const request = decode(line);
    await perform(wan, request);
    const last = request.op === 'detach' && wan.connections.size === 0;
    return { answer: { version: wanProtocolVersion, state: stateOf(wan) }, last };
  } catch (error) {
    return { answer: { version: wanProtocolVersion, problem: toProblem(error) }, last: false };
  }
}

function decode(line: string): WanRequest {
  const { version, request } = envelopeSchema.parse(JSON.parse(line));
  if (version === wanProtocolVersion) return requestSchema.parse(request);
  const said = `The running WAN switch speaks version ${wanProtocolVersion}, its client version ${version}.`;
  throw new BlanketError('wan.version', said, {
    next: 'Remove the local VMs, or restart them with the Blanket that made them.',
  });
}

async function perform(wan: Wan, request: WanRequest): Promise<void> {
  switch (request.op) {
    case 'attach':
      connectPort(wan, request);
      return await savePorts(wan);
    case 'detach':
      wan.connections.get(request.port)?.close();
      wan.connections.delete(request.port);
      return await savePorts(wan);
    case 'set-link':
      return wan.fabric.setLink(request.a, request.b, request.settings);
    case 'list':
      return;
  }
}

function connectPort(wan: Wan, { port, cloud, socket }: KnownPort): void {
  const known = wan.connections.get(port);
  if (known?.socketPath === socket) return;
  known?.close();
  wan.connections.set(port, new PortConnection(wan.fabric, port, cloud, socket, wan.log));
}

async function savePorts(wan: Wan): Promise<void> {
  const ports = [...wan.connections].map(([port, connection]) => ({
    port,
    cloud: connection.port.cloud,
    socket: connection.socketPath,
  }));
  await writePorts(wan.paths, ports);
}

function stateOf(wan: Wan): WanState {
  const ports = [...wan.connections.values()].map(({ port, connected }) => ({
    name: port.name,
    cloud: port.cloud,
    connected,
    ...port.counters,
  }));
  return { pid: process.pid, ports, directions: wan.fabric.directions() };
}
