/**
 * As much of QEMU's monitor protocol as a cloud needs: one command on one connection.
 *
 *   greeting ◀── qmp_capabilities ──▶ return ◀── command ──▶ return        (events may come at any time)
 *
 * Source: QEMU, docs/interop/qmp-spec. QEMU serves one client at a time.
 */
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const messageSchema = z.looseObject({ error: z.object({ desc: z.string() }).optional() });

/**
 * Gives the command's return value.
 * @throws Error when nobody answers within `timeoutMs`, the connection ends, or QEMU refuses.
 */
export async function qmp(
  socketPath: string,
  command: string,
  timeoutMs: number,
  given?: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const socket = connect(socketPath);
  const timer = setTimeout(
    () => socket.destroy(new Error(`QEMU's monitor did not answer within ${timeoutMs} ms`)),
    timeoutMs,
  );
  try {
    return await converse(socket, command, given);
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

function converse(
  socket: Socket,
  command: string,
  given?: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const say = (execute: string, args = given) =>
    socket.write(`${JSON.stringify(args === undefined ? { execute } : { execute, arguments: args })}\n`);
  return new Promise((resolve, reject) => {
    let negotiated = false;
    socket.on('error', reject);
    socket.on('close', () => reject(new Error("QEMU's monitor closed the connection")));
    createInterface({ input: socket })
      .on('error', reject)
      .on('line', (line) => {
        const message = parse(line);
        if (message instanceof Error) reject(message);
        else if ('QMP' in message) say('qmp_capabilities', {});
        else if (message.error !== undefined)
          reject(new Error(`QEMU refused ${command}: ${message.error.desc}`));
        else if ('return' in message && negotiated) resolve(message.return);
        else if ('return' in message) {
          negotiated = true;
          say(command);
        }
      });
  });
}

function parse(line: string): z.infer<typeof messageSchema> | Error {
  try {
    return messageSchema.parse(JSON.parse(line));
  } catch (cause) {
    return new Error("QEMU's monitor said something unknown", { cause });
  }
}
