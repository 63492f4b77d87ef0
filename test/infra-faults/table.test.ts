import test from 'ava';
import { chooseNames } from '../../infra/faults/choose.ts';
import { cellText, formatPage, isWrong, type Play, tableRows, wrongs } from '../../infra/faults/table.ts';

const played: Play = {
  fault: 'agent killed',
  moment: 'copy',
  ended: 'rolled-back',
  problem: 'agent.lost',
  struckIn: ['copy'],
  settledMs: 12_400,
  restarted: false,
  faults: [],
};

test('a cell says how it ended and how long it took, and what else a reader must know', (t) => {
  t.is(cellText(played), 'stayed, 12 s');
  t.is(cellText({ ...played, ended: 'done', struckIn: ['confirm'] }), 'done, 12 s, found confirm');
  t.is(cellText({ ...played, ended: 'attention', restarted: true }), 'attention, 12 s, started again');
  t.is(cellText({ ...played, faults: ['It runs nowhere.'] }), 'WRONG, 12 s');
  t.is(cellText(undefined), '–');
});

test('what could not be played is wrong as well', (t) => {
  const notPlayed = { fault: 'agent killed', moment: 'copy', why: 'No host.' } as const;
  t.true(isWrong(notPlayed));
  t.false(isWrong(played));
  t.deepEqual(wrongs([played, notPlayed]), ['agent killed, in copy: It could not be played: No host.']);
});

test('rows are faults and columns are moments, of those that were played, the newest result of each', (t) => {
  const again: Play = { ...played, ended: 'done' };
  t.deepEqual(tableRows([played, again, { ...played, moment: 'cutover' }], ['other', 'agent killed']), [
    ['fault', 'copy', 'cutover'],
    ['agent killed', 'done, 12 s', 'stayed, 12 s, found copy'],
  ]);
});

test('the page tells of broken promises', (t) => {
  const occasion = { when: '2026-01-02', machine: 'a machine' };
  t.regex(formatPage([played], ['agent killed'], occasion), /No promise was broken/);
  const wrong: Play = { ...played, faults: ['It runs nowhere.'] };
  t.regex(formatPage([wrong], ['agent killed'], occasion), /- agent killed, in copy: It runs nowhere\./);
});

test('names are chosen by their parts; a part of none is refused', (t) => {
  const known = ['control killed', 'agent killed', 'way cut'];
  t.deepEqual(chooseNames(known, undefined), known);
  t.deepEqual(chooseNames(known, 'way, control'), ['control killed', 'way cut']);
  t.throws(() => chooseNames(known, 'fire'), { message: /"fire"/ });
});
