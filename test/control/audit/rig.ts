/** An audit log in a folder of its own, and the hands of somebody who would rather not be in it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { pino } from 'pino';
import { AuditLog } from '../../../src/control/audit/log.ts';
import { auditPaths } from '../../../src/control/audit/paths.ts';
import { linesOf } from '../../../src/control/audit/read.ts';
import { verifyLog } from '../../../src/control/audit/verify.ts';
import type { AuditEvent, AuditHead } from '../../../src/wire/audit.ts';

export const event = (attempts: number): AuditEvent => ({ event: 'locked-out', from: '192.0.2.1', attempts });

export function auditRig(t: ExecutionContext) {
  const state = mkdtempSync(join(tmpdir(), 'blanket-audit-'));
  t.teardown(() => rmSync(state, { recursive: true }));
  const paths = auditPaths(state);
  const open = () => new AuditLog(state, pino({ level: 'silent' }));
  const lines = () => readFileSync(paths.log, 'utf8').split('\n').slice(0, -1);
  return {
    ...{ state, paths, lines, open },
    /** Opens it, appends so many events, and closes it. */
    write(count: number): AuditHead {
      const log = open();
      for (let i = 0; i < count; i += 1) log.append(event(i));
      log.close();
      return log.end.head;
    },
    rewrite: (changed: readonly string[]) =>
      writeFileSync(paths.log, changed.map((line) => `${line}\n`).join('')),
    async findings(anchor?: AuditHead): Promise<string[]> {
      const log = open();
      const { file, bytes } = log.end;
      const { findings } = await verifyLog(linesOf(file, bytes), { signed: log.signedHead(), anchor });
      log.close();
      return findings.map(({ code, line }) => (line === null ? code : `${code} ${line}`));
    },
  };
}
