/** The page that lists what the client knows is true: made from the tables, and every line has a test. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { page, readCovered, render, uncovered } from '../../infra/libvirt/covered-calls.ts';

test('every call and every kind of event was made or received by a test against a real daemon', (t) => {
  t.deepEqual(uncovered(readCovered()), []);
});

test('the page of what is covered is up to date', (t) => {
  t.is(
    readFileSync(page, 'utf8'),
    render(readCovered()),
    'write it anew: node infra/libvirt/covered-calls.ts',
  );
});

test('a call that no test makes is found', (t) => {
  const covered = readCovered();
  for (const names of covered.values()) names.delete('domainGetState');
  t.true(uncovered(covered).includes('domainGetState'));
  t.regex(render(covered), /`domainGetState` \| 212 \| —/);
});
