import {
  appendFileSync,
  copyFileSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { linesOf } from '../../../src/control/audit/read.ts';
import { verifyLog } from '../../../src/control/audit/verify.ts';
import { digestOf } from '../../../src/wire/audit.ts';
import { auditRig, event } from './rig.ts';

test('each line names the one before, over restarts, in a file for its owner alone', async (t) => {
  const rig = auditRig(t);
  rig.write(2);
  const head = rig.write(2);
  const lines = rig.lines();
  t.is(lines.length, 4);
  for (const [index, line] of lines.entries()) {
    const { seq, previous } = JSON.parse(line) as { seq: number; previous: string };
    t.is(seq, index + 1);
    t.is(previous, digestOf(lines[index - 1] ?? ''));
  }
  t.deepEqual(head, { seq: 4, digest: digestOf(lines[3] ?? '') });
  t.is(statSync(rig.paths.log).mode & 0o777, 0o600);
  t.deepEqual(await rig.findings(head), []);
});

test('whatever is done to its lines is found', async (t) => {
  const rig = auditRig(t);
  const head = rig.write(6);
  const signed = JSON.stringify(JSON.parse(readFileSync(rig.paths.head, 'utf8')));
  const lines = rig.lines();
  const verify = async (changed: readonly string[]) => {
    rig.rewrite(changed);
    const { size } = statSync(rig.paths.log);
    return verifyLog(linesOf(rig.paths.log, size), { signed: head });
  };
  t.deepEqual((await verify(lines)).findings, []);
  const line = fc.integer({ min: 0, max: 5 });
  const swapped = (i: number, j: number) =>
    lines.map((one, k) => lines[k === i ? j : k === j ? i : k] ?? one);
  const tampered = fc.oneof(
    fc
      .tuple(line, line)
      .filter(([i, j]) => i !== j)
      .map(([i, j]) => swapped(i, j)),
    line.map((i) => lines.toSpliced(i, 1)),
    line.map((i) => lines.slice(0, i)),
    fc.tuple(line, line).map(([i, j]) => lines.toSpliced(i, 0, lines[j] ?? '')),
    fc.tuple(line, fc.nat(), fc.integer({ min: 1, max: 127 })).map(([i, at, bit]) => {
      const bytes = Buffer.from(lines[i] ?? '');
      bytes[at % bytes.length] = ((bytes[at % bytes.length] ?? 0) ^ bit) & 0x7f;
      return lines.with(i, bytes.toString('latin1'));
    }),
  );
  await fc.assert(
    fc.asyncProperty(tampered, async (changed) => {
      if (changed.join('\n') === lines.join('\n')) return true;
      return (await verify(changed)).findings.length > 0;
    }),
    { numRuns: 300 },
  );
  t.truthy(signed);
});

test('each kind of tampering has its name', async (t) => {
  const rig = auditRig(t);
  rig.write(5);
  const lines = rig.lines();
  const after = async (changed: readonly string[]) => {
    rig.rewrite(changed);
    const { size } = statSync(rig.paths.log);
    const { findings } = await verifyLog(linesOf(rig.paths.log, size), {
      signed: { seq: 5, digest: digestOf(lines[4] ?? '') },
    });
    return findings.map(({ code, line }) => (line === null ? code : `${code} ${line}`));
  };
  const changed = (lines[1] ?? '').replace('192.0.2.1', '192.0.2.9');
  t.deepEqual(await after(lines.with(1, changed)), ['changed 3']);
  t.deepEqual(await after(lines.with(4, (lines[4] ?? '').replace('192', '193'))), ['not-in-log']);
  t.deepEqual(await after(lines.toSpliced(1, 2)), ['removed 2']);
  t.deepEqual(await after(lines.slice(0, 3)), ['truncated']);
  t.deepEqual(await after(lines.with(2, 'rubbish')), ['unreadable 3', 'changed 4']);
  t.is((await after(lines.with(1, lines[2] ?? '').with(2, lines[1] ?? '')))[0], 'removed 2');
});

test('a line that a crash tore off is cut, told, and no sign of tampering', async (t) => {
  const rig = auditRig(t);
  rig.write(2);
  appendFileSync(rig.paths.log, '{"seq":3,"prev');
  t.deepEqual(await rig.findings(), []);
  const last = JSON.parse(rig.lines().at(-1) ?? '') as object;
  t.like(last, { seq: 3, event: 'mended', what: 'torn', bytes: 14, digest: digestOf('{"seq":3,"prev') });
});

test('a crash between a line and its head is none', async (t) => {
  const rig = auditRig(t);
  rig.write(2);
  copyFileSync(rig.paths.head, `${rig.paths.head}.old`);
  rig.write(1);
  copyFileSync(`${rig.paths.head}.old`, rig.paths.head);
  const head = rig.write(1);
  t.is(head.seq, 4);
  t.deepEqual(await rig.findings(), []);
});

test('an end that was cut off, or torn, is found, and still found after control went on', async (t) => {
  const rig = auditRig(t);
  rig.write(5);
  rig.rewrite(rig.lines().slice(0, 3));
  t.deepEqual(await rig.findings(), ['removed 4']);
  rig.write(3);
  t.deepEqual(await rig.findings(), ['removed 4']);
  const torn = auditRig(t);
  torn.write(3);
  truncateSync(torn.paths.log, statSync(torn.paths.log).size - 1);
  t.deepEqual(await torn.findings(), ['removed 3']);
});

test('a last line that was changed is found for good', async (t) => {
  const rig = auditRig(t);
  rig.write(3);
  const lines = rig.lines();
  rig.rewrite(lines.with(2, (lines[2] ?? '').replace('192', '193')));
  rig.write(2);
  t.deepEqual(await rig.findings(), ['changed 4']);
});

test('a head that is gone, or that another key signed, is found for good', async (t) => {
  const gone = auditRig(t);
  gone.write(3);
  gone.rewrite(gone.lines().slice(0, 1));
  rmSync(gone.paths.head);
  gone.write(1);
  t.deepEqual(await gone.findings(), ['no-head 2']);
  const [forged, other] = [auditRig(t), auditRig(t)];
  forged.write(3);
  other.write(3);
  copyFileSync(other.paths.head, forged.paths.head);
  t.deepEqual(await forged.findings(), ['no-head 4']);
  writeFileSync(forged.paths.head, '{}');
  const log = forged.open();
  t.is(log.end.head.seq, 5);
  log.close();
});

test('a log that was put back whole, head and all, is found by an anchor alone', async (t) => {
  const rig = auditRig(t);
  rig.write(2);
  for (const file of [rig.paths.log, rig.paths.head]) copyFileSync(file, `${file}.old`);
  const anchor = rig.write(3);
  for (const file of [rig.paths.log, rig.paths.head]) copyFileSync(`${file}.old`, file);
  t.deepEqual(await rig.findings(), []);
  t.deepEqual(await rig.findings(anchor), ['truncated']);
  rig.write(7);
  t.deepEqual(await rig.findings(anchor), ['not-in-log']);
});

test('when a line cannot be written that is an error, and the next one that can follows well', async (t) => {
  const rig = auditRig(t);
  const log = rig.open();
  log.append(event(1));
  t.throws(() => log.append({ event: 'locked-out', from: 'x'.repeat(70_000), attempts: 1 }), {
    code: 'audit.not-written',
  });
  log.append(event(2));
  log.close();
  t.is(rig.lines().length, 2);
  t.deepEqual(await rig.findings(), []);
});
