/** A machine that a person can reach by SSH, played by an SSH server: it notes what it is told, and answers as set. */
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import ssh2 from 'ssh2';
import { makeKeyPair } from '../../../src/control/ssh/ssh-link.ts';

export type Told = { command: string; input: string };
/** `cut off`: the connection ends before the command does. `silence`: the command never ends. */
export type Answer = { stdout: string; code: number } | 'cut off' | 'silence';

export type FakeMachine = {
  /** An entry of an ssh cloud's configuration. */
  machine: { name: string; host: string; port: number; user: string; identityFile: string; hostKey: string };
  told: Told[];
  /** How often somebody has begun to connect. */
  connections: number;
  answer: (told: Told) => Answer;
  /** The Unix socket that its agent's stands for. */
  agent: string | undefined;
  end(): Promise<void>;
};

/** What the survey prints on a machine that can become a host. */
export const fit = [
  ...['system Linux', 'machine x86_64', 'os debian', 'version 13', 'title Debian GNU/Linux 13 (trixie)'],
  ...['has systemd', 'has apt', 'enters sudo', 'lease ', 'vcpus 4', 'memoryMiB 7936', 'diskGiB 39', ''],
].join('\n');

export async function fakeMachine(t: ExecutionContext, name: string): Promise<FakeMachine> {
  const [hostKey, userKey] = [makeKeyPair('host'), makeKeyPair('user')];
  const identityFile = join(await mkdtemp(join(tmpdir(), 'blanket-machine-')), 'key');
  await writeFile(identityFile, userKey.privateKey, { mode: 0o600 });
  const fake: FakeMachine = {
    machine: { name, host: '127.0.0.1', port: 0, user: 'admin', identityFile, hostKey: hostKey.publicKey },
    told: [],
    connections: 0,
    answer: () => ({ stdout: fit, code: 0 }),
    agent: undefined,
    end: async () => undefined,
  };
  const server = new ssh2.Server({ hostKeys: [hostKey.privateKey] }, (client) => serve(client, fake));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  fake.machine.port = (server.address() as AddressInfo).port;
  fake.end = () => new Promise((resolve) => server.close(() => resolve()));
  t.teardown(() => fake.end());
  return fake;
}

function serve(client: ssh2.Connection, fake: FakeMachine): void {
  fake.connections += 1;
  client.on('error', () => undefined); // a caller that refuses our key just goes
  client.on('authentication', (context) =>
    context.username === fake.machine.user && context.method === 'publickey'
      ? context.accept()
      : context.reject(['publickey']),
  );
  client.on('openssh.streamlocal', (accept, reject) => {
    if (fake.agent === undefined) return reject();
    const channel = accept();
    channel.pipe(connect(fake.agent)).pipe(channel);
  });
  client.on('session', (accept) => {
    accept().on('exec', (acceptExec, _reject, { command }) => {
      const stream = acceptExec();
      let input = '';
      stream.on('data', (piece: Buffer) => {
        input += piece.toString();
      });
      stream.on('end', () => {
        const told = { command, input };
        fake.told.push(told);
        const answer = fake.answer(told);
        if (answer === 'cut off') return client.end();
        if (answer === 'silence') return;
        const { stdout, code } = answer;
        stream.write(stdout);
        stream.exit(code);
        stream.end();
      });
    });
  });
}
