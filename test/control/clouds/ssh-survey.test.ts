import { readFile } from 'node:fs/promises';
import test from 'ava';
import { judgeMachine, readSurvey } from '../../../src/control/clouds/ssh-survey.ts';
import { run } from '../../../src/process/run.ts';
import { fit } from './fake-machine.ts';

const change = (from: string, to: string): string => fit.replace(from, to);

test('what a machine says is read, also what it says twice', (t) => {
  t.like(readSurvey('a', `${fit}there the user blanket\nthere /var/lib/blanket\n`), {
    ...{ os: 'debian', version: '13', has: ['systemd', 'apt'], lease: '', vcpus: 4 },
    there: ['the user blanket', '/var/lib/blanket'],
  });
  t.like(
    t.throws(() => readSurvey('a', 'This account is not available.\n')),
    { code: 'cloud.machine-unfit' },
  );
});

test('the script answers in these words on a real machine', async (t) => {
  const script = await readFile('src/control/clouds/ssh-survey.sh', 'utf8');
  const { stdout } = await run('sh', ['-s', '--', '/nowhere', 'nobody-of-that-name', 'none.service'], {
    input: script,
  });
  t.like(readSurvey('here', stdout), { system: 'Linux', there: [], lease: '' });
});

const verdicts: [what: string, survey: string, code: string | undefined, says: RegExp][] = [
  ['Debian 13', fit, undefined, /./],
  ['a later Debian', change('version 13', 'version 14'), undefined, /./],
  ['Debian testing, which has no version', change('version 13', 'version '), undefined, /./],
  ['root without sudo', change('enters sudo', 'enters root'), undefined, /./],
  ['Debian 12', change('version 13', 'version 12'), 'cloud.machine-unfit', /runs Debian/],
  ['Ubuntu', change('os debian', 'os ubuntu'), 'cloud.machine-unfit', /runs/],
  ['arm64', change('x86_64', 'aarch64'), 'cloud.machine-unfit', /aarch64/],
  ['no systemd', change('has systemd\n', ''), 'cloud.machine-unfit', /no systemd/],
  ['a user without rights', change('enters sudo', 'enters user'), 'cloud.machine-unfit', /neither root/],
  ['another’s blanket', `${fit}there /var/lib/blanket\n`, 'cloud.machine-taken', /\/var\/lib\/blanket/],
];

for (const [what, text, code, says] of verdicts) {
  test(`${code === undefined ? 'fit' : 'refused'}: ${what}`, (t) => {
    const judge = () => judgeMachine('rack7', readSurvey('rack7', text), undefined);
    if (code === undefined) return t.notThrows(judge);
    const error = t.throws(judge);
    t.like(error, { code });
    t.regex(error.message, says);
  });
}

test('what is there under our own lease is ours', (t) => {
  const text = `${change('lease ', 'lease 1234')}there /var/lib/blanket\n`;
  t.notThrows(() => judgeMachine('a', readSurvey('a', text), '1234'));
  t.like(
    t.throws(() => judgeMachine('a', readSurvey('a', text), '4321')),
    { code: 'cloud.machine-taken' },
  );
});
