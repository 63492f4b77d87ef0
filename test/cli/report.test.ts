import { Writable } from 'node:stream';
import type { WriteStream } from 'node:tty';
import test from 'ava';
import { Command, CommanderError } from 'commander';
import { problemText, reportError, usageProblem } from '../../src/cli/report.ts';
import { BlanketError, errorKinds, exitCodeOf } from '../../src/wire/errors.ts';

function capture() {
  const pieces: string[] = [];
  const stderr = new Writable({
    write(piece, _, done) {
      pieces.push(String(piece));
      done();
    },
  });
  return { stderr: stderr as unknown as WriteStream, text: () => pieces.join('') };
}

test('an error is a sentence, a code, its causes and what to do next', (t) => {
  const text = problemText({
    ...{ code: 'host.dead', kind: 'failed', message: 'It died.', next: 'Bury it.' },
    causes: ['no answer', 'line one\nline two'],
  });
  t.is(
    text,
    'error: It died.\n  code: host.dead\n  cause: no answer\n  cause: line one\n    line two\n  next: Bury it.\n',
  );
});

test('with -o json the problem follows as one line of JSON', (t) => {
  const out = capture();
  const error = new BlanketError('a.b', 'Blocked.', { kind: 'blocked', data: { n: 1 } });
  t.is(reportError(error, out, 'json'), 5);
  const last = out.text().trimEnd().split('\n').at(-1) ?? '';
  t.deepEqual(JSON.parse(last), {
    problem: { code: 'a.b', kind: 'blocked', message: 'Blocked.', data: { n: 1 } },
  });
});

test('anything thrown exits by its kind, and what is not ours with 1', (t) => {
  for (const kind of errorKinds) {
    t.is(reportError(new BlanketError('x', 'X.', { kind }), capture(), 'table'), exitCodeOf(kind));
  }
  const out = capture();
  t.is(reportError(new TypeError('oops'), out, 'table'), 1);
  t.regex(out.text(), /error: oops\n {2}code: internal\.unexpected/);
});

test("commander's words become a problem that names the right help", (t) => {
  const guest = new Command('blanket').command('guest');
  const error = new CommanderError(
    1,
    'commander.unknownCommand',
    "error: unknown command 'crate'\n(Did you mean create?)",
  );
  t.deepEqual(usageProblem(error, guest), {
    ...{ code: 'usage.unknown-command', kind: 'usage', message: "Unknown command 'crate'." },
    next: 'Did you mean create? `blanket guest --help` shows how it is used.',
  });
});

test('the hypervisors’ words stand under the error, and steer no terminal', (t) => {
  const hypervisor = [
    { host: 'west-1', lines: ['qemu: load of migration failed\u001b[2J'] },
    { host: 'east-1', lines: [], unasked: 'east-1 cannot be reached.' },
  ];
  const text = problemText({ code: 'x.y', kind: 'failed', message: 'It failed.', data: { hypervisor } });
  t.is(
    text,
    'error: It failed.\n  code: x.y\n  hypervisor of west-1:\n    qemu: load of migration failed[2J\n' +
      '  hypervisor of east-1: not asked: east-1 cannot be reached.\n',
  );
});
