/**
 * Ports for the migrations that come to one libvirtd, which no other libvirtd of these tests picks. A libvirtd looks
 * whether a port is free, and QEMU listens on it a moment later: two that look at once pick the same one.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Above those that the kernel hands out by itself (ip_local_port_range, up to 60999). */
const first = 61_000;
const last = 65_535;
/** The first of a row is held here for as long as the row is taken; libvirt gets the others. */
const rowLength = 16;

export type MigrationPorts = { min: number; max: number; release(): void };

async function hold(port: number): Promise<Server | undefined> {
  const server = createServer().unref();
  try {
    await once(server.listen({ port, host: '127.0.0.1', exclusive: true }), 'listening');
    return server;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

/** Given back with `release`, or when this process ends. @throws Error when every row is taken. */
export async function reserveMigrationPorts(): Promise<MigrationPorts> {
  for (let port = first; port + rowLength - 1 <= last; port += rowLength) {
    const server = await hold(port);
    if (server !== undefined)
      return { min: port + 1, max: port + rowLength - 1, release: () => void server.close() };
  }
  throw new Error(`Every row of ports from ${first} to ${last} is taken by another libvirtd of the tests.`);
}
