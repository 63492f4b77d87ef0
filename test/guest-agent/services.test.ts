/** What systemd's programs are asked, with programs in their place that write it down. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { systemd } from '../../src/guest-agent/network/services.ts';

test.serial('a unit is stopped whatever its state, and stopping none is no failure', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'blanket-systemd-'));
  const before = process.env.PATH;
  t.teardown(() => {
    process.env.PATH = before;
    rmSync(folder, { recursive: true });
  });
  const log = join(folder, 'log');
  // As systemctl: a name that is not loaded is a failure, a pattern that matches nothing is none.
  writeFileSync(
    join(folder, 'systemctl'),
    `#!/bin/sh\necho "$*" >>${log}\ncase "$*" in "stop "*[*]) exit 0;; *) exit 5;; esac\n`,
  );
  writeFileSync(join(folder, 'journalctl'), '#!/bin/sh\necho "$2 failed: address in use"\n');
  for (const program of ['systemctl', 'journalctl']) chmodSync(join(folder, program), 0o755);
  process.env.PATH = `${folder}:${before}`;
  await systemd.stop('blanket-dhcp-x');
  t.is(readFileSync(log, 'utf8'), 'stop blanket-dhcp-x*\n');
  t.false(await systemd.isActive('blanket-dhcp-x'));
  t.is(await systemd.lastWords('blanket-dhcp-x'), 'blanket-dhcp-x failed: address in use');
});
