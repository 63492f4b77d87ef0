import test from 'ava';
import { fakeControl, guest } from '../api-client/fake-control.ts';
import { runBlanket } from './run-blanket.ts';

test('a list asks control for what it is to show, and shows the columns that are wanted', async (t) => {
  const { userData: _userData, ...metadata } = guest('web1').metadata;
  const fake = await fakeControl(t, { 'guest.list': () => [{ ...guest('web1'), metadata }] });
  const asked = ['guest', 'list', '--filter', 'state=running', '--sort', '-name', '--limit', '5'];
  t.is((await runBlanket(fake, [...asked, '--columns', 'name,host'])).stdout, 'NAME  HOST\nweb1  east-1\n');
  t.deepEqual(fake.asked.find(({ route }) => route === 'guest.list')?.query, {
    ...{ filter: 'state=running', sort: '-name', limit: '5' },
  });
  t.is((await runBlanket(fake, ['guest', 'list', '-q'])).stdout, 'web1\n');
  const wrong = await runBlanket(fake, ['guest', 'list', '--columns', 'colour']);
  t.is(wrong.code, 2);
  t.regex(wrong.stderr, /name, state, host/);
  t.is((await runBlanket(fake, ['guest', 'list', '--filter', 'colour=red'])).code, 2);
});
