import test from 'ava';
import { createProgress } from '../../src/cli/progress.ts';
import type { Operation, PhaseRecord, Progress } from '../../src/wire/resources.ts';
import { operation } from '../api-client/fake-control.ts';

const begin = Date.parse('2026-01-01T00:00:00.000Z');

function screen(isTerminal: boolean, columns = 80) {
  let now = begin;
  const pieces: string[] = [];
  const view = createProgress({
    write: (text) => void pieces.push(text),
    ...{ isTerminal, columns: () => columns, now: () => now },
  });
  return {
    view,
    pieces,
    text: () => pieces.join(''),
    pass(ms: number) {
      now += ms;
      view.tick();
    },
  };
}

const phase = (name: string, state: PhaseRecord['state'], durationMs: number | null = null): PhaseRecord => ({
  ...{ name, state, durationMs },
  startedAt: state === 'waiting' ? null : new Date(begin).toISOString(),
});

const copying = (progress: Progress | null): Operation =>
  operation({
    phases: [phase('prepare', 'done', 1200), phase('copy', 'running'), phase('confirm', 'waiting')],
    progress,
  });

const counted = (doneBytes: number, totalBytes: number, round = 1): Progress => ({
  ...{ message: '', doneBytes, totalBytes, round },
});

test('a terminal has one live line, redrawn in place, under the ended phases', (t) => {
  const { view, text, pass } = screen(true);
  view.show(copying(counted(1, 4)));
  pass(2000);
  view.end();
  t.is(
    text(),
    '[1/3] ✓ prepare  1.2 s\n' +
      '\r\x1b[K[2/3] · copy 25%  0 ms  1 B of 4 B, round 1' +
      '\r\x1b[K[2/3] · copy 25%  2.0 s  1 B of 4 B, round 1' +
      '\r\x1b[K',
  );
});

test('a live line never wraps', (t) => {
  const { view, pieces } = screen(true, 30);
  view.show(copying({ message: 'x'.repeat(200) }));
  t.is(pieces.at(-1)?.replace('\r\x1b[K', '').length, 29);
});

test('without a terminal: a line per ended phase, and at most one every 5 s with news', (t) => {
  const { view, pieces, pass } = screen(false);
  view.show(copying(counted(1, 4)));
  pass(1000);
  t.deepEqual(pieces, ['[1/3] ✓ prepare  1.2 s\n']);
  pass(4000);
  t.deepEqual(pieces.slice(1), ['[2/3] · copy 25%  5.0 s  1 B of 4 B, round 1\n']);
  pass(6000);
  t.is(pieces.length, 2, 'no news, no line');
  view.show(copying(counted(2, 4)));
  t.is(pieces.length, 3);
  pass(29_000);
  t.is(pieces.length, 3);
  pass(1000);
  t.is(pieces.length, 4, 'a sign of life after 30 s');
  t.false(pieces.join('').includes('\x1b'));
});

test('failed and undone phases are both told, once', (t) => {
  const { view, text } = screen(false);
  const failed = [phase('prepare', 'done', 10), phase('copy', 'failed', 20)];
  view.show(operation({ phases: failed }));
  view.show(operation({ phases: failed }));
  view.show(operation({ phases: [phase('prepare', 'undone', 10), phase('copy', 'undone', 20)] }));
  t.is(
    text(),
    '[1/2] ✓ prepare  10 ms\n[2/2] ✗ copy     20 ms\n[1/2] ↶ prepare  undone\n[2/2] ↶ copy     undone\n',
  );
});

test('a note stands on its own line above the live one', (t) => {
  const { view, pieces } = screen(true);
  view.show(copying(null));
  view.note('Control went away.');
  t.deepEqual(pieces.slice(-2), ['\r\x1b[K', 'Control went away.\n']);
});

test('while a flow undoes, the live line says so', (t) => {
  const { view, pieces } = screen(true);
  view.show(operation({ phases: [phase('prepare', 'done', 10), phase('copy', 'failed', 20)] }));
  t.regex(pieces.at(-1) ?? '', /undoing/);
});

test('without a terminal, a phase that says nothing is named after 5 s all the same', (t) => {
  const { view, pieces, pass } = screen(false);
  view.show(operation({ phases: [phase('boot', 'running')] }));
  pass(4900);
  t.deepEqual(pieces, []);
  pass(100);
  t.deepEqual(pieces, ['[1/1] · boot  5.0 s\n']);
});
