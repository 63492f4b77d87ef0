import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { hypervisorLog, logLines } from '../../src/guest-agent/hypervisor-log.ts';
import { mostLogBytes, mostLogLines } from '../../src/wire/methods/hypervisor.ts';

/** As libvirt 11 and QEMU 10 write it. */
const kept = `2026-01-01 10:00:00.100+0000: starting up libvirt version: 11.3.0, qemu version: 10.0.2Debian 1, kernel: 6.12, hostname: old
LC_ALL=C \\
/usr/bin/qemu-system-x86_64 \\
-name guest=web1,debug-threads=on \\
-msg timestamp=on
2026-01-01 10:30:00.000+0000: shutting down, reason=migrated
2026-01-02 03:04:05.100+0000: starting up libvirt version: 11.3.0, qemu version: 10.0.2Debian 1, kernel: 6.12, hostname: new
LC_ALL=C \\
/usr/bin/qemu-system-x86_64 \\
-object '{"qom-type":"secret","data":"c2VjcmV0"}' \\
-msg timestamp=on
2026-01-02T03:04:09.654321Z qemu-system-x86_64: load of migration failed: Input/output error
second line of it
2026-01-02 03:04:10.000+0000: shutting down, reason=crashed
`;
const since = Date.parse('2026-01-02T03:00:00Z');

test('the lines since then, without command lines', (t) => {
  t.deepEqual(
    logLines(kept, since).map((line) => line.replace(/^\S+ ?[\d:.+]*/, '').trim()),
    [
      'starting up libvirt version: 11.3.0, qemu version: 10.0.2Debian 1, kernel: 6.12, hostname: new',
      'qemu-system-x86_64: load of migration failed: Input/output error',
      'line of it',
      'shutting down, reason=crashed',
    ],
  );
  t.deepEqual(logLines(kept, Date.parse('2026-01-03T00:00:00Z')), []);
});

test('no secret, and nothing that steers a terminal', (t) => {
  const line = '2026-01-02T03:04:09.000000Z qemu: \x1b[31mkey-secret=hunter2,password=abc x\r\n';
  t.deepEqual(logLines(line, since), ['2026-01-02T03:04:09.000000Z qemu: [31mkey-secret=***,password=*** x']);
});

test('however much was written, only so much is told, and the last of it', (t) => {
  const lines = fc.array(fc.string({ maxLength: 900 }), { maxLength: 60 });
  fc.assert(
    fc.property(lines, (texts) => {
      const text = `2026-01-02T03:04:09.000000Z first\n${texts.join('\n')}\n2026-01-02T03:04:10Z last\n`;
      const told = logLines(text, since);
      t.true(told.length <= mostLogLines);
      t.true(Buffer.byteLength(told.join('\n')) <= mostLogBytes);
      t.is(told.at(-1), '2026-01-02T03:04:10Z last');
    }),
  );
});

test('a guest that the hypervisor never wrote of has no lines; of a long file the end is read', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'blanket-qemu-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  t.deepEqual(await hypervisorLog('web1', 0, folder), []);
  writeFileSync(
    join(folder, 'web1.log'),
    `${'2026-01-02T03:04:00Z noise\n'.repeat(9000)}2026-01-02T03:04:05Z end\n`,
  );
  t.is((await hypervisorLog('web1', since, folder)).at(-1), '2026-01-02T03:04:05Z end');
});
