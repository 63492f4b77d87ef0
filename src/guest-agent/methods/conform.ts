/** The conformance suite's half that runs on the host. */
import { uptime } from 'node:os';
import { measureDisk } from '../conform/disk-speed.ts';
import { checkKept, cleanFolder, keepFile } from '../conform/kept-file.ts';
import { measureOverhead } from '../conform/overhead.ts';
import { ping } from '../conform/ping.ts';
import { bootId } from '../conform/reboot.ts';
import { openSink, ownTunnelAddress, sendTo } from '../conform/sink.ts';
import type { Context } from '../context.ts';
import type { HandlersOf } from '../handlers.ts';
import { thisHost } from '../host-access.ts';
import { measurePath } from '../path-mtu.ts';
import { configuredMtu } from '../tunnel.ts';

const clockSourceFile = '/sys/devices/system/clocksource/clocksource0/current_clocksource';
/** WireGuard over IPv4: 20 bytes of IP, 8 of UDP, 16 of its own head, 16 of tag (its white paper, 5.4.6). */
const wireguardBytes = 60;

async function now() {
  const clockSource = (await thisHost.files.text(clockSourceFile)) ?? '';
  const boot = await bootId();
  // The time is read last, since the caller takes it for the moment of the answer.
  return { clockSource, bootId: boot, uptimeSeconds: uptime(), unixMs: Date.now() };
}

export const conformHandlers = ({ paths }: Context): HandlersOf<'conform'> => ({
  'conform.now': now,
  'conform.keep': ({ bytes }) => keepFile(paths, bytes),
  'conform.check-kept': (was) => checkKept(paths, was),
  'conform.clean': async () => {
    await cleanFolder(paths);
    return {};
  },
  'conform.disk': ({ ms }, { signal }) => measureDisk(paths, ms, signal),
  'conform.sink': async ({ lifeMs }) => openSink(await ownTunnelAddress(paths), lifeMs),
  'conform.send': (wish, { signal }) => sendTo(wish, signal),
  'conform.loss': async ({ address, count }, { signal }) => {
    const mtu = await configuredMtu(paths);
    const { sent, received, rttMs } = await ping({ address, mtu, count }, signal);
    return { sent, received, mtu, ...(rttMs !== undefined && { rttMs }) };
  },
  'conform.path': async ({ address, layer }, { signal }) => {
    const mtu = await configuredMtu(paths);
    return measurePath(address, layer === 'tunnel' ? mtu : mtu + wireguardBytes, signal);
  },
  'conform.overhead': ({ windowMs }, { signal }) => measureOverhead(windowMs, signal),
});
