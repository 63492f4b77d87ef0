/**
 * What of an agent moves guests, as a process of its own: its own handlers, on a folder and a libvirtd that are told to it. One call a line
 * comes in, one answer a line goes out; it ends with its input.
 */
import { argv, stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { kvmEngine } from '../../../src/guest-agent/engines/kvm.ts';
import { newLive } from '../../../src/guest-agent/migrate/live.ts';
import { pathsUnder } from '../../../src/guest-agent/paths.ts';
import { dispatch } from '../../../src/guest-agent/sessions/dispatch.ts';
import { connect } from '../../../src/libvirt/connect.ts';
import { toProblem } from '../../../src/wire/errors.ts';
import { movingHandlers } from '../../guest-agent/moving-handlers.ts';

const [state, socketPath, uri] = z.tuple([z.string(), z.string(), z.string()]).parse(argv.slice(2));
const paths = pathsUnder(state);
const dial = () => connect({ socketPath, uri });
const shared = dial();
const engine = kvmEngine(paths, () => shared, dial);
const metadata = { update: async () => undefined, close: async () => undefined };
const context = { ...{ paths, engine: () => engine, live: newLive() }, ...{ metadata, version: 'test' } };
const handlers = movingHandlers(context);

const callSchema = z.object({ id: z.number(), method: z.string(), params: z.unknown() });
const call = { progress: () => undefined, signal: new AbortController().signal };
const tell = (answer: object): void => void stdout.write(`${JSON.stringify(answer)}\n`);

createInterface({ input: stdin })
  .on('line', (line) => {
    const { id, method, params } = callSchema.parse(JSON.parse(line));
    dispatch(handlers, method, params, call).then(
      (value) => tell({ id, value }),
      (error: unknown) => tell({ id, problem: toProblem(error) }),
    );
  })
  .on('close', () => process.exit());
