/** What cannot be sent is refused before it is sent, always by a rejection, and always with an XdrError. */
import test from 'ava';
import { XdrError } from '../../src/libvirt/errors.ts';
import { connected, domainHandle } from './scripted-daemon.ts';

const nothing = { flags: 0, cookie: new Uint8Array() };

test('numbers that do not fit are refused, and nothing is sent', async (t) => {
  const { connection, client } = await connected(t);
  const domain = connection.domain(domainHandle);
  const sent = client.received.length;
  const calls: Record<string, () => Promise<unknown>> = {
    begin: () => domain.migration.begin({ flags: 0, parameters: { bandwidthMiBps: 1.5 } }),
    perform: () => domain.migration.perform({ ...nothing, parameters: { bandwidthMiBps: -1 } }),
    prepare: () => connection.migration.prepare({ ...nothing, parameters: { compressionXbzrleCache: 0.5 } }),
    port: () => connection.migration.prepare({ ...nothing, parameters: { disksPort: 2 ** 31 } }),
    tuning: () => domain.tuning.set('memory', { hard_limit: 'much' }),
    weight: () => domain.tuning.set('blkio', { weight: -1 }),
    ioTune: () => domain.disks.setIoTune('vda', { totalBytesPerSecond: 1.5 }),
    copy: () => domain.blockJobs.copy('vda', '<disk/>', { bandwidth: Number.POSITIVE_INFINITY }),
    time: () => domain.guest.setTime(Number.NaN),
    pin: () => domain.vcpus.pin(0, [1e12]),
    resize: () => domain.disks.resize('vda', -1),
    flags: () => domain.xml(-1),
  };
  for (const [name, call] of Object.entries(calls)) {
    await t.throwsAsync(call(), { instanceOf: XdrError }, name);
  }
  t.is(client.received.length, sent);
});
