/**
 * Warm connections to the agents, one a host: made when first needed, shared by all callers, made anew after
 * they break. Failed attempts are spaced out, because OpenSSH shuts out an address that fails too often
 * (`PerSourcePenalties`).
 */
import type { WebSocket } from 'ws';
import {
  type AgentMethod,
  type AgentParams,
  type AgentResult,
  agentPaths,
  consolePath,
} from '../../wire/agent.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { ControlKey } from '../ssh/keys.ts';
import { connectSsh, type SshLink, type SshTarget } from '../ssh/ssh-link.ts';
import type { Store } from '../store/store.ts';
import { AgentLink, type CallOptions, dialWebSocket } from './agent-link.ts';

export const sshUser = 'blanket';

type Connection = { ssh: SshLink; agent: AgentLink };

/** A failed attempt is repeated to later callers for this long, instead of knocking again. */
const RETRY_AFTER_MS = 5_000;

export class Agents {
  readonly #store: Store;
  readonly #key: ControlKey;
  readonly #links = new Map<string, Promise<SshLink>>();
  readonly #connections = new Map<string, Promise<Connection>>();

  constructor(store: Store, key: ControlKey) {
    this.#store = store;
    this.#key = key;
  }

  /** @throws BlanketError of the agent, or `ssh.*` / `agent.*` when it cannot be reached; what the signal says, when nothing was sent. */
  async call<M extends AgentMethod>(
    host: string,
    method: M,
    params: AgentParams<M>,
    options: CallOptions = {},
  ): Promise<AgentResult<M>> {
    const { agent } = await this.#connect(host);
    // Whoever has given up meanwhile may have said something newer since, which this would take the place of.
    options.signal?.throwIfAborted();
    return agent.call(method, params, options);
  }

  async upload(host: string, local: string, remote: string, onProgress?: SshProgress): Promise<void> {
    const { ssh } = await this.#connect(host);
    await ssh.upload(local, remote, onProgress);
  }

  /** A guest's serial console; the caller must close it. */
  async console(host: string, guest: string): Promise<WebSocket> {
    const { ssh } = await this.#connect(host);
    return dialWebSocket(await ssh.openUnix(agentPaths.socket), consolePath(guest));
  }

  /** The warm SSH connection alone, also before there is an agent; not to be closed. @throws BlanketError `ssh.*` */
  ssh(host: string, signal?: AbortSignal): Promise<SshLink> {
    const known = this.#links.get(host);
    if (known !== undefined) return known;
    const opening = connectSsh(this.#target(host), signal);
    this.#links.set(host, opening);
    const drop = () => {
      if (this.#links.get(host) === opening) this.#links.delete(host);
    };
    opening.then((link) => void link.closed.then(drop), drop);
    return opening;
  }

  forget(host: string): void {
    const [link, known] = [this.#links.get(host), this.#connections.get(host)];
    this.#links.delete(host);
    this.#connections.delete(host);
    link?.then(
      (ssh) => ssh.close(),
      () => undefined,
    );
    known?.then(
      ({ agent }) => agent.close(),
      () => undefined,
    );
  }

  closeAll(): void {
    for (const host of [...this.#links.keys(), ...this.#connections.keys()]) this.forget(host);
  }

  #connect(host: string): Promise<Connection> {
    const known = this.#connections.get(host);
    if (known !== undefined) return known;
    const opening = this.#open(host);
    this.#connections.set(host, opening);
    const drop = () => {
      if (this.#connections.get(host) === opening) this.#connections.delete(host);
    };
    opening.then(
      ({ ssh, agent }) => void Promise.race([ssh.closed, agent.closed]).then(drop),
      () => setTimeout(drop, RETRY_AFTER_MS).unref(),
    );
    return opening;
  }

  async #open(host: string): Promise<Connection> {
    const shared = this.#links.has(host);
    const link = this.ssh(host);
    const ssh = await link;
    // At once, and not only when it has ended: nobody is to begin anything on it any more.
    const leave = () => {
      if (this.#links.get(host) === link) this.#links.delete(host);
      ssh.close();
    };
    try {
      const agent = await AgentLink.open(host, await ssh.openUnix(agentPaths.socket));
      void agent.closed.then(leave);
      return { ssh, agent };
    } catch (error) {
      if (!shared) leave(); // else it is in use: a host without an agent is just being provisioned over it
      throw error;
    }
  }

  #target(host: string): SshTarget {
    const { ssh, hostKeyPublic } = this.#store.hosts.get(host);
    if (ssh === null) {
      throw new BlanketError('host.no-address', `${host} has no address yet.`, { data: { host } });
    }
    return { ...ssh, name: host, user: sshUser, privateKey: this.#key.privateKey, hostKey: hostKeyPublic };
  }
}

type SshProgress = (bytes: number, total: number) => void;
