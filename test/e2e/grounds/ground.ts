/**
 * What the end-to-end tests stand on: two machines, in clouds that Blanket is told of. The tests ask it only for what
 * differs between grounds, so that they are the same on each.
 */
import type { Seat } from '../../../infra/demo/blanket.ts';

export type GroundHost = {
  readonly name: string;
  readonly cloud: string;
  /** The driver that must recognise it. */
  readonly driver: string;
};

export type Ground = {
  /** The one where the guest is made, and the one that dies. */
  readonly hosts: readonly [GroundHost, GroundHost];
  /** Path of the image that hosts are made of; nothing where machines are there already. */
  hostImage(): Promise<string | undefined>;
  /** Whether hosts of local clouds reach these hosts. */
  readonly joinsLocalClouds: boolean;
  /** Tells Blanket of the clouds, and of the way between them where that can be chosen. */
  addClouds(seat: Seat): Promise<void>;
  /** Ends the machine under a host at once, as a power cut does. `state`: Blanket's state directory. */
  cutPower(host: GroundHost, state: string): Promise<void>;
  /** What `host remove` has to be told when the machine is gone like that. */
  readonly removeDead: readonly string[];
};
