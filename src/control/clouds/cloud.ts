/**
 * The contract every cloud implements: a place that makes, finds and destroys VMs. It knows nothing of
 * blankets; turning a VM into a host is the work of provisioning.
 *
 *            createVm             stop, crash, reboot of the machine below
 *   (none) ───────────▶ running ◀──────────────────────────────▶ stopped
 *      ▲                   │              startVm                   │
 *      └───────────────────┴────────────── destroyVm ───────────────┘
 *
 * Names, not ids, are what callers hold: a control that died between the cloud's answer and its own record
 * finds its VM again by name. Every error is a BlanketError whose code begins with `cloud.` or `wan.`.
 */

export type CloudPaths = {
  /** Absolute path of the directory under which Blanket keeps what must survive a restart. */
  readonly state: string;
};

export type VmSpec = {
  /** A legal host name: lower-case letters, digits and hyphens, at most 63. Unique within the cloud. */
  readonly name: string;
  /** Path of a bootable qcow2 file; `''` in a cloud whose machines are there already. */
  readonly image: string;
  /** Which of such a cloud's machines to take; the one of the VM's name when absent. */
  readonly machine?: string;
  /** The text of a cloud-init user-data file; begins with `#cloud-config`. */
  readonly userData: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly diskGiB: number;
};

export type CloudVm = {
  /** The cloud's own id. */
  readonly id: string;
  readonly name: string;
  readonly state: 'running' | 'stopped';
  /** Where this machine reaches the VM's SSH server. */
  readonly ssh: { readonly host: string; readonly port: number };
  /** The address, or a name for it, at which other hosts reach the VM, within its cloud and from other clouds. */
  readonly address: string;
  /** Other hosts cannot begin towards it there: it has to begin towards them. */
  readonly behindNat?: boolean;
  /** What the machine was before Blanket came: only `createVm` of a cloud with `prepareVm` tells. */
  readonly was?: {
    /** The key it shows, as the user pinned it: `ssh-ed25519 AAAA…`. */
    readonly hostKey: string;
    readonly vcpus: number;
    readonly memoryMiB: number;
    readonly diskGiB: number;
  };
};

/** Whom a machine has to let in, and what it has to start: what user-data brings elsewhere. */
export type Entry = {
  readonly user: string;
  /** `ssh-ed25519 AAAA…` */
  readonly publicKey: string;
  /** The text of the agent's systemd unit. */
  readonly unit: string;
};

export type Cloud = {
  readonly name: string;

  /** Resolves when the configuration and the tools or credentials it needs are usable. */
  check(signal: AbortSignal): Promise<void>;

  /**
   * Makes and starts a VM. Idempotent by name: a VM that is there already is returned, started if it was
   * stopped. On failure or abort nothing half-made stays. Returns once the VM runs; its SSH comes up later.
   */
  createVm(spec: VmSpec, signal: AbortSignal): Promise<CloudVm>;

  /**
   * Only where machines are there already, and so need no image and read no user-data: lets control in. Can be
   * repeated; `destroyVm` takes it back.
   */
  prepareVm?(name: string, entry: Entry, signal: AbortSignal): Promise<void>;

  /** Only of clouds with `prepareVm`: forgets a machine that cannot be reached any more, with what is still on it. */
  giveUpVm?(name: string): Promise<void>;

  /**
   * Starts a VM after a stop, a crash or a reboot; a running one is returned as it is. Its SSH port may change.
   * @throws `cloud.vm-not-found`
   */
  startVm(name: string, signal: AbortSignal): Promise<CloudVm>;

  findVm(name: string): Promise<CloudVm | undefined>;

  /** Ends the VM and removes its disk. Idempotent. */
  destroyVm(name: string): Promise<void>;

  /** The last bytes of the VM's serial console, `''` if there is none. */
  readConsole(name: string, maxBytes: number): Promise<string>;

  /**
   * Called when the cloud itself is removed from Blanket.
   * @throws `cloud.in-use` while VMs exist.
   */
  destroy(): Promise<void>;
};
