/**
 * The one door to `ssh2`: one warm SSH connection to a host whose key is known beforehand. A handshake costs
 * seconds on an emulated host, so everything goes over this one connection.
 */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import { BlanketError } from '../../wire/errors.ts';

export type SshTarget = {
  name: string;
  host: string;
  port: number;
  user: string;
  privateKey: string;
  /** `ssh-ed25519 AAAA…`: any other key ends the connection. */
  hostKey: string;
};

export type ExecOptions = {
  /** Written to the command's standard input, which is then closed. */
  input?: string;
  /** Called with each piece that the command prints to its standard output, as it comes. */
  onOutput?: ((text: string) => void) | undefined;
  /** Closes the command's channel and rejects; what runs there gets SIGHUP or a broken pipe. */
  signal?: AbortSignal | undefined;
};

export type SshLink = {
  /** A stream to a Unix socket on the host. */
  openUnix(path: string): Promise<Duplex>;
  /** Runs a command line. @throws BlanketError `ssh.command-failed` when it exits non-zero. */
  exec(command: string, options?: ExecOptions): Promise<string>;
  upload(local: string, remote: string, onProgress?: (bytes: number, total: number) => void): Promise<void>;
  close(): void;
  /** Resolves, never rejects, when the connection has ended. */
  readonly closed: Promise<void>;
};

/**
 * A new Ed25519 key pair in OpenSSH's format. One in 256 of ssh2's is cut short and can be read by nobody: it
 * takes the key's own leading zero byte for DER's (https://github.com/mscdex/ssh2/issues/1513), so a pair is
 * only given out once it was read back.
 */
export function makeKeyPair(comment: string): { privateKey: string; publicKey: string } {
  const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
  const cutShort = [pair.private, pair.public].some((key) => ssh2.utils.parseKey(key) instanceof Error);
  return cutShort ? makeKeyPair(comment) : { privateKey: pair.private, publicKey: pair.public.trim() };
}

/** Milliseconds for the TCP connection, the handshake and the log-in together. */
const READY_TIMEOUT_MS = 60_000;
/** Together two minutes: a host under full load was silent for more than one, and then answered all that it had been asked. */
const keepalive = { keepaliveInterval: 10_000, keepaliveCountMax: 12 };

/**
 * @throws BlanketError `ssh.host-key` when the host shows another key than the pinned one, `ssh.unreachable`
 *   when it cannot be reached or does not let control in.
 */
export function connectSsh(target: SshTarget, signal?: AbortSignal): Promise<SshLink> {
  const client = new ssh2.Client();
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  let shownKey: string | undefined;
  const pinned = target.hostKey.split(' ')[1];
  return new Promise((resolve, reject) => {
    const abandon = () => {
      client.destroy();
      reject(new BlanketError('ssh.unreachable', `Connecting to ${target.name} was cancelled.`));
    };
    if (signal?.aborted === true) return abandon();
    signal?.addEventListener('abort', abandon, { once: true });
    client.once('ready', () => {
      signal?.removeEventListener('abort', abandon);
      resolve(linkOf(client, target.name, closed));
    });
    client.on('error', (cause) =>
      reject(explain(target, cause, shownKey !== undefined && shownKey !== pinned)),
    );
    client.connect({
      host: target.host,
      port: target.port,
      username: target.user,
      privateKey: target.privateKey,
      readyTimeout: READY_TIMEOUT_MS,
      ...keepalive,
      hostVerifier: (key: Buffer) => {
        shownKey = key.toString('base64');
        return shownKey === pinned;
      },
      algorithms: {
        serverHostKey: ['ssh-ed25519'],
        kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org'],
        cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr'],
      },
    });
  });
}

function explain(target: SshTarget, cause: Error, wrongKey: boolean): BlanketError {
  const where = `${target.name} (${target.host} port ${target.port})`;
  const data = { host: target.name };
  if (wrongKey) {
    return new BlanketError('ssh.host-key', `${where} shows another host key than the pinned one.`, {
      next: 'Something else answers at that address: do not go on before you know what it is.',
      data,
      cause,
    });
  }
  return new BlanketError('ssh.unreachable', `${where} does not let control in over SSH.`, { data, cause });
}

function linkOf(client: ssh2.Client, name: string, closed: Promise<void>): SshLink {
  const lost = (cause: unknown) =>
    new BlanketError('ssh.lost', `The SSH connection to ${name} failed.`, { data: { host: name }, cause });
  return {
    closed,
    close: () => client.end(),
    openUnix: (path) =>
      new Promise((resolve, reject) => {
        client.openssh_forwardOutStreamLocal(path, (error, stream) =>
          error ? reject(lost(error)) : resolve(stream),
        );
      }),
    exec: (command, options) => exec(client, name, command, options),
    upload: (local, remote, onProgress) =>
      new Promise((resolve, reject) => {
        client.sftp((error, sftp) => {
          if (error) return reject(lost(error));
          // A name of its own until it is whole, so that nobody takes a part for the file.
          const part = `${remote}.${randomBytes(4).toString('hex')}.part`;
          const step = (total: number, _chunk: number, size: number) => onProgress?.(total, size);
          const end = (failure: Error | null | undefined) => {
            sftp.end();
            failure ? reject(lost(failure)) : resolve();
          };
          sftp.fastPut(local, part, { step }, (failure) => {
            if (failure) return end(failure);
            sftp.ext_openssh_rename(part, remote, end);
          });
        });
      }),
  };
}

function exec(
  client: ssh2.Client,
  name: string,
  command: string,
  options: ExecOptions = {},
): Promise<string> {
  const { input = '', onOutput, signal } = options;
  const data = { host: name, command: shown(command) };
  return new Promise((resolve, reject) => {
    client.exec(command, (error, stream) => {
      if (error)
        return reject(new BlanketError('ssh.lost', `${name} runs no command.`, { data, cause: error }));
      const abandon = () => stream.close();
      signal?.addEventListener('abort', abandon, { once: true });
      if (signal?.aborted === true) abandon();
      let stdout = '';
      let stderr = '';
      stream.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
        onOutput?.(text);
      });
      stream.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      stream.on('close', (code: number | null) => {
        signal?.removeEventListener('abort', abandon);
        if (code === 0) return resolve(stdout);
        if (signal?.aborted) return reject(signal.reason);
        const how = typeof code === 'number' ? `ended with ${code}: ${stderr.trim()}` : 'was cut off.';
        const reason = typeof code === 'number' ? 'ssh.command-failed' : 'ssh.lost';
        reject(new BlanketError(reason, `On ${name}, \`${shown(command)}\` ${how}`, { data }));
      });
      stream.end(input);
    });
  });
}

/** Enough to know it by. */
const shown = (command: string): string => (command.length > 200 ? `${command.slice(0, 199)}…` : command);
