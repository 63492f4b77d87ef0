/** What conformance is judged by, measured on the host itself: `conform.*`, and the reboot between. */
import { z } from 'zod';
import { method, none } from './method.ts';

const bytes = z.int().nonnegative();
const perSecond = z.number().nonnegative();

/** `digest` is the SHA-256 of the whole file, as hex. */
const keptSchema = z.object({ bytes, digest: z.string().regex(/^[0-9a-f]{64}$/) });
export type KeptFile = z.infer<typeof keptSchema>;

/** What became of the file. `tornBlocks`: blocks of 4096 bytes that are not what was written to them, or no longer there. */
export const keptNowSchema = z.object({
  present: z.boolean(),
  intact: z.boolean(),
  blocks: z.int().nonnegative(),
  tornBlocks: z.int().nonnegative(),
});
export type KeptNow = z.infer<typeof keptNowSchema>;

/** Bytes a second, sequential, past the page cache. `rawRead` reads the block device under the file system. */
export const diskSpeedSchema = z.object({
  device: z.string(),
  write: perSecond,
  read: perSecond,
  rawRead: perSecond.optional(),
  /** Why the device itself could not be read, a full sentence. */
  rawRefused: z.string().optional(),
  /** Bytes that were written and, as far as the time went, read again. */
  bytes,
});
export type DiskSpeed = z.infer<typeof diskSpeedSchema>;

/** What the receiver counted. */
export const flowSchema = z.object({ bytes, ms: z.number().nonnegative(), perSecond });
export type FlowReading = z.infer<typeof flowSchema>;

export const lossSchema = z.object({
  sent: z.int().nonnegative(),
  received: z.int().nonnegative(),
  /** Size of each packet with its IP header. */
  mtu: z.int(),
  rttMs: z.number().optional(),
});
export type LossReading = z.infer<typeof lossSchema>;

/** `largest` is the largest packet that passes uncut, `needed` what the overlay needs to pass. */
export const pathSchema = z.object({
  address: z.string(),
  /** MTU of the device that the path begins with. */
  deviceMtu: z.int(),
  needed: z.int(),
  /** Absent when not even a small packet is answered. */
  largest: z.int().optional(),
});
export type PathReading = z.infer<typeof pathSchema>;

/** Memory is the process's proportional share (PSS), without what the kernel keeps for it. */
const processSchema = z.object({
  name: z.string(),
  pid: z.int(),
  pssBytes: bytes,
  rssBytes: bytes,
  cpuMs: z.number(),
});

export const overheadSchema = z.object({
  windowMs: z.number().positive(),
  pssBytes: bytes,
  rssBytes: bytes,
  cpuMs: z.number().nonnegative(),
  memoryTotal: bytes,
  processes: z.array(processSchema),
});
export type Overhead = z.infer<typeof overheadSchema>;

export const conformMethods = {
  /** Replies, then reboots. Does nothing when the host is in another boot already, so it may be repeated. */
  'host.reboot': method(z.object({ bootId: z.string() }), none),
  /** `unixMs`: the host's time of day as it answers. */
  'conform.now': method(
    none,
    z.object({ unixMs: z.number(), clockSource: z.string(), bootId: z.string(), uptimeSeconds: z.number() }),
  ),
  /** Writes random bytes to a file and to the disk; whatever an earlier run left is gone. */
  'conform.keep': method(
    z.object({
      bytes: z
        .int()
        .min(4096)
        .max(2 ** 28),
    }),
    keptSchema,
  ),
  'conform.check-kept': method(keptSchema, keptNowSchema),
  /** Removes every file of this suite. */
  'conform.clean': method(none, none),
  /** Three runs of at most `ms` each. */
  'conform.disk': method(z.object({ ms: z.int().min(500).max(30_000) }), diskSpeedSchema),
  /** Receives one stream on the tunnel's address only, and is gone after `lifeMs` whatever comes. */
  'conform.sink': method(
    z.object({ lifeMs: z.int().min(1_000).max(60_000) }),
    z.object({ address: z.ipv4(), port: z.int().min(1).max(65535) }),
  ),
  /** Sends to a sink for `ms`. */
  'conform.send': method(
    z.object({ address: z.ipv4(), port: z.int().min(1).max(65535), ms: z.int().min(500).max(30_000) }),
    flowSchema,
  ),
  /** Pings of exactly the tunnel's MTU that must not be cut, to a host's address in the tunnel. */
  'conform.loss': method(z.object({ address: z.ipv4(), count: z.int().min(1).max(500) }), lossSchema),
  /** `outer`: the way that the tunnel itself takes; `tunnel`: the way inside it. */
  'conform.path': method(z.object({ address: z.ipv4(), layer: z.enum(['outer', 'tunnel']) }), pathSchema),
  /** The blanket's own processes, over a window in which nothing else is asked of them. */
  'conform.overhead': method(z.object({ windowMs: z.int().min(1_000).max(60_000) }), overheadSchema),
};
