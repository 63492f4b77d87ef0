/** A domain's screen and keyboard, and its channels for programs. */
import type { Duplex, Readable } from 'node:stream';
import type { CallOptions } from '../call.ts';
import { openOwnStream } from '../own-stream.ts';
import { deviceCalls } from '../procedures/device.ts';
import type { Session } from '../session.ts';
import type { DomainHandle } from '../wire-structures.ts';
import { nothing } from '../xdr.ts';

/** virKeycodeSet: whose numbers are meant by the keys. */
const codeSets = {
  linux: 0,
  xt: 1,
  atset1: 2,
  atset2: 3,
  atset3: 4,
  osx: 5,
  xtKbd: 6,
  usb: 7,
  win32: 8,
  qnum: 9,
} as const;

export type Keys = {
  /** At most 16, pressed together. */
  keys: number[];
  /** Default `linux`: the KEY_… numbers of linux/input-event-codes.h. */
  codeSet?: keyof typeof codeSets | undefined;
  /** Milliseconds for which they are held. Default 50. */
  holdMs?: number | undefined;
};

/** `domain.screen.openChannel` (virDomainChannelFlags). */
export const channelFlags = {
  /** Take it from whoever has it. */
  force: 1 << 0,
} as const;

export type DomainScreen = {
  /** What it shows, as an image: PNG or PPM, as the driver likes; its first bytes tell which. */
  screenshot(of?: { screen?: number | undefined }, options?: CallOptions): Promise<Readable>;
  sendKeys(keys: Keys, options?: CallOptions): Promise<void>;
  /** A non-maskable interrupt: many guests then dump their memory, or crash. */
  injectNmi(options?: CallOptions): Promise<void>;
  /** A channel by its target's name; the first of them by default. `end()` closes it in both directions. */
  openChannel(of?: { name?: string; flags?: number }, options?: CallOptions): Promise<Duplex>;
};

/** The reply names the image's type, which a stream has no place for. */
const screenshotCall = { ...deviceCalls.domainScreenshot, result: nothing };

export const domainScreen = (session: Session, dom: DomainHandle): DomainScreen => ({
  screenshot: ({ screen = 0 } = {}, options) =>
    openOwnStream(session, screenshotCall, { dom, screen, flags: 0 }, options),
  sendKeys: ({ keys, codeSet = 'linux', holdMs = 50 }, options) => {
    const args = { dom, codeSet: codeSets[codeSet], holdTime: holdMs, keys, flags: 0 };
    return session.call(deviceCalls.domainSendKey, args, options);
  },
  injectNmi: (options) => session.call(deviceCalls.domainInjectNmi, { dom, flags: 0 }, options),
  openChannel: ({ name, flags = 0 } = {}, options) =>
    openOwnStream(session, deviceCalls.domainOpenChannel, { dom, name, flags }, options),
});
