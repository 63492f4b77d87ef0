/** What a migration is to keep to, with a guest that never stops writing its memory, between two libvirtd. */
import test from 'ava';
import { openKvmMigration } from '../../../src/guest-agent/engines/kvm-migration.ts';
import { type CopyOptions, copyGuest } from '../../../src/guest-agent/migrate/copy.ts';
import { type CopyWay, plainWay } from '../../../src/wire/copy-way.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import type { MigrationStats } from '../../../src/wire/migration.ts';
import { closePair, compresses, elsewhere, openPair, type Pair, startGuest } from './two-ends.ts';

/**
 * 16-bit code that fills the 512 KiB from 0x10000 on, again and again, and resets the machine after four minutes. It turns
 * CR0's WP over each time, which makes the emulator forget what it knows of pages: QEMU before 9 does not see writes else.
 */
const writesMemory = [
  [0x31, 0xc0], //                          xor ax, ax
  [0x8e, 0xd8], //                          mov ds, ax
  [0x8e, 0xd0], //                          mov ss, ax
  [0xbc, 0x00, 0x7c], //                    mov sp, 0x7c00
  [0xfb], //                                sti
  [0xc7, 0x06, 0x6c, 0x04, 0x00, 0x00], //  mov word [0x46c], 0   ; the BIOS's ticks
  [0x80, 0x3e, 0x6d, 0x04, 0x10], // again: cmp byte [0x46d], 0x10
  [0x73, 0x27], //                          jae reset
  [0x0f, 0x20, 0xc0], //                    mov eax, cr0
  [0x66, 0x35, 0x00, 0x00, 0x01, 0x00], //  xor eax, 0x10000
  [0x0f, 0x22, 0xc0], //                    mov cr0, eax
  [0x43], //                                inc bx
  [0x89, 0xd8], //                          mov ax, bx
  [0xba, 0x00, 0x10], //                    mov dx, 0x1000
  [0x8e, 0xc2], //                 segment: mov es, dx
  [0x31, 0xff], //                          xor di, di
  [0xb9, 0x00, 0x80], //                    mov cx, 0x8000
  [0xf3, 0xab], //                          rep stosw
  [0x81, 0xc2, 0x00, 0x10], //              add dx, 0x1000
  [0x81, 0xfa, 0x00, 0x90], //              cmp dx, 0x9000
  [0x75, 0xed], //                          jne segment
  [0xeb, 0xd2], //                          jmp again
  [0xb0, 0xfe], //                   reset: mov al, 0xfe
  [0xe6, 0x64], //                          out 0x64, al
  [0xf4], //                                hlt
].flat();

/** In bytes a second. The disk goes at that too, and is in no test's way: it is small. */
const slow = 2 ** 20;
const diskBytes = 2 ** 19;
let pair: Pair;

test.before(async () => {
  pair = await openPair({ sector: writesMemory, bytes: diskBytes });
});

test.after.always(() => closePair(pair));

type Wish = Pick<CopyOptions, 'maxDowntimeMs'> & Partial<Omit<CopyOptions, 'onSwitch'>>;

/** The time for all is over as soon as this was seen: when that is, is a matter of how busy the machine is. */
type IsOver = (last: MigrationStats | undefined) => boolean;
const atLatestMs = 60_000;

/** Begins to send the guest; `go` sends it, `finish` hands it over, and `close` ends it all at both ends. */
async function migration(guest: string, way: CopyWay) {
  const { here, there } = pair;
  const domain = await startGuest(here, guest);
  const source = openKvmMigration(await here.server.connect(here.server.qemuUri), guest);
  const destination = openKvmMigration(await there.server.connect(there.server.qemuUri), guest);
  const begun = await source.begin(way);
  const xml = elsewhere(here, there, begun.xml);
  const ready = { xml, cookie: begun.cookie, listenAddress: '127.0.0.1', way };
  const { uri, cookie } = await destination.prepare(ready);
  const seen: MigrationStats[] = [];
  return {
    ...{ domain, source, destination, seen },
    go(wish: Wish, isOver?: IsOver) {
      const options: CopyOptions = {
        ...{ guest, xml, cookie, uri, onTimeout: 'abort', suspended: way.suspended },
        ...{ isCancelled: () => false, onSwitch: async () => undefined },
        ...{ progress: (stats) => seen.push(stats), ...wish },
      };
      if (isOver === undefined) return copyGuest(source, options);
      return copyGuest(source, {
        ...options,
        get maxTotalMs() {
          return isOver(seen.at(-1)) ? 0 : atLatestMs;
        },
      });
    },
    async close() {
      await source.close();
      await destination.close();
      for (const end of [here, there]) {
        for (const each of await end.connection.domains.list()) {
          if ((await each.state()).state !== 'shutoff') await each.destroy();
          await each.undefine().catch(() => undefined); // one that only passed by has no definition
        }
      }
    },
  };
}

const notConverging = { ...plainWay, autoConverge: false };

test.serial('an objective that cannot be met leaves the guest running where it is', async (t) => {
  const { go, domain, destination, seen, close } = await migration('stays', notConverging);
  t.teardown(close);
  const wholeLadder: IsOver = (last) => last?.downtimeLimitMs === 50;
  const error = await t.throwsAsync(go({ maxDowntimeMs: 50, bandwidth: slow }, wholeLadder), {
    instanceOf: BlanketError,
  });
  t.like(error, { code: 'migrate.objective-missed', kind: 'rolled-back' });
  t.is((await domain.state()).state, 'running');
  t.is(seen.at(-1)?.downtimeLimitMs, 50);
  t.true(seen.every(({ throttlePercent }) => throttlePercent === undefined));
  await destination.finish({ cookie: new Uint8Array(), cancelled: true }).catch(() => undefined);
  t.is((await domain.state()).state, 'running');
});

test.serial('the ladder ends where the guest goes over', async (t) => {
  const { go, source, destination, close } = await migration('climbs', notConverging);
  t.teardown(close);
  const { cookie, stats } = await go({ maxDowntimeMs: 2_000, bandwidth: slow });
  const finished = await destination.finish({ cookie, cancelled: false });
  t.true((stats.downtimeLimitMs ?? 0) > 400);
  await source.confirm({ cookie: finished.cookie, cancelled: false });
  t.is((await (await pair.there.connection.domains.byName('climbs')).state()).state, 'running');
});

test.serial('paused once its time is over, it goes over and runs there', async (t) => {
  const { go, source, destination, close } = await migration('paused', notConverging);
  t.teardown(close);
  const onceAround: IsOver = (last) => (last?.rounds ?? 0) >= 2;
  const { cookie, stats } = await go({ maxDowntimeMs: 1, bandwidth: slow, onTimeout: 'pause' }, onceAround);
  const finished = await destination.finish({ cookie, cancelled: false });
  const last = await destination.finalStats();
  t.true(stats.paused);
  t.true((last?.downtimeMs ?? 0) > 0);
  await source.confirm({ cookie: finished.cookie, cancelled: false });
  t.is((await (await pair.there.connection.domains.byName('paused')).state()).state, 'running');
});

const suspended = { ...plainWay, suspended: true };

test.serial('suspended: one pass over the memory, and it runs there', async (t) => {
  const { go, source, destination, close } = await migration('still', suspended);
  t.teardown(close);
  const { cookie } = await go({ maxDowntimeMs: 500 });
  const finished = await destination.finish({ cookie, cancelled: false });
  const last = await destination.finalStats();
  t.true((last?.downtimeMs ?? 0) > 0);
  await source.confirm({ cookie: finished.cookie, cancelled: false });
  t.is((await (await pair.there.connection.domains.byName('still')).state()).state, 'running');
});

test.serial('suspended and cancelled: it runs on where it was', async (t) => {
  const { go, domain, destination, seen, close } = await migration('woken', suspended);
  t.teardown(close);
  const isCancelled = () => (seen.at(-1)?.memoryDone ?? 0) > 0;
  await t.throwsAsync(go({ maxDowntimeMs: 500, bandwidth: slow, isCancelled }));
  t.is((await domain.state()).state, 'running');
  await destination.finish({ cookie: new Uint8Array(), cancelled: true }).catch(() => undefined);
});

test.serial('a guest that does not converge is slowed down, unless that was not wanted', async (t) => {
  const { go, seen, close } = await migration('slowed', { ...plainWay, autoConverge: true });
  t.teardown(close);
  const isCancelled = () => (seen.at(-1)?.throttlePercent ?? 0) >= 30;
  const error = await t.throwsAsync(
    go({ maxDowntimeMs: 50, bandwidth: slow, maxTotalMs: 60_000, isCancelled }),
  );
  t.false(error instanceof BlanketError, 'its time was over first');
});

test.serial('over several connections', async (t) => {
  const { go, source, destination, close } = await migration('wide', { ...suspended, connections: 4 });
  t.teardown(close);
  const { cookie } = await go({ maxDowntimeMs: 500 });
  const finished = await destination.finish({ cookie, cancelled: false });
  await source.confirm({ cookie: finished.cookie, cancelled: false });
  t.is((await (await pair.there.connection.domains.byName('wide')).state()).state, 'running');
});

test.serial('compressed: what is sent is less than the pages were', async (t) => {
  if (!(await compresses(pair))) return t.pass('its libvirt does not take zstd');
  const { go, source, destination, close } = await migration('packed', { ...suspended, compression: 'zstd' });
  t.teardown(close);
  const { cookie } = await go({ maxDowntimeMs: 500 });
  const finished = await destination.finish({ cookie, cancelled: false });
  const last = await destination.finalStats();
  await source.confirm({ cookie: finished.cookie, cancelled: false });
  t.log({ sent: last?.memoryDone, pages: last?.pageBytes });
  t.true((last?.memoryDone ?? 0) > 0);
  t.true((last?.memoryDone ?? 0) < (last?.pageBytes ?? 0) * 0.8);
  t.is((await (await pair.there.connection.domains.byName('packed')).state()).state, 'running');
});

test.serial('compressed and cancelled between two rounds: it runs on where it was', async (t) => {
  if (!(await compresses(pair))) return t.pass('its libvirt does not take zstd');
  const way = { ...notConverging, compression: 'zstd' } as const;
  const { go, domain, destination, seen, close } = await migration('unpacked', way);
  t.teardown(close);
  const isCancelled = () => (seen.at(-1)?.rounds ?? 0) >= 2;
  const error = await t.throwsAsync(
    go({ maxDowntimeMs: 1, bandwidth: slow, maxTotalMs: 60_000, isCancelled }),
  );
  t.false(error instanceof BlanketError, 'its time was over first');
  t.is((await domain.state()).state, 'running');
  await destination.finish({ cookie: new Uint8Array(), cancelled: true }).catch(() => undefined);
  t.is((await domain.state()).state, 'running');
});
