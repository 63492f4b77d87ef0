import test from 'ava';
import { fakeControl, guest } from '../api-client/fake-control.ts';
import { runBlanket, startBlanket } from './run-blanket.ts';

const running = { 'guest.show': () => guest('web1') };

test('a script pipes its input in and sees the answers; stdout has nothing but the guest', async (t) => {
  const fake = await fakeControl(t, running);
  fake.onConsole = (console) => {
    console.on('message', (data) => console.send(Buffer.from(`heard ${String(data)}`)));
  };
  const session = startBlanket(fake, ['console', 'web1']);
  session.type('uptime\n');
  session.hangUp();
  const { code, stdout, stderr } = await session.ended;
  t.is(code, 0);
  t.is(stdout, 'heard uptime\n');
  t.regex(stderr, /Ctrl-\] ends/);
});

test('Ctrl-] ends it at once, and what was typed before is sent', async (t) => {
  const fake = await fakeControl(t, running);
  const heard: string[] = [];
  fake.onConsole = (console) => console.on('message', (data) => heard.push(String(data)));
  const session = startBlanket(fake, ['console', 'web1']);
  session.type('bye\x1dnot this');
  t.is((await session.ended).code, 0);
  t.deepEqual(heard, ['bye']);
});

test('empty input only listens, until the guest stops', async (t) => {
  const fake = await fakeControl(t, running);
  fake.onConsole = (console) => {
    console.send(Buffer.from('last words\n'));
    fake.handlers['guest.show'] = () => guest('web1', { state: 'stopped' });
    setTimeout(() => console.close(1000), 50);
  };
  const { code, stdout, stderr } = await runBlanket(fake, ['console', 'web1']);
  t.is(code, 0);
  t.is(stdout, 'last words\n');
  t.regex(stderr, /Guest web1 has stopped/);
});

test('a console that breaks comes back, says so, and loses no input', async (t) => {
  const fake = await fakeControl(t, running);
  let times = 0;
  fake.onConsole = (console) => {
    times += 1;
    console.send(Buffer.from(`hello ${times}\n`));
    console.on('message', (data) => console.send(Buffer.from(`heard ${String(data)}`)));
  };
  const session = startBlanket(fake, ['console', 'web1']);
  await session.said(/hello 1/);
  await fake.stop();
  await session.said(/Connecting again/);
  session.type('still there?\n');
  await fake.start();
  await session.said(/hello 2[\s\S]*heard still there\?/);
  session.type('\x1d');
  t.is((await session.ended).code, 0);
});

test('a console that never came up is an error with its reason', async (t) => {
  const fake = await fakeControl(t, running);
  fake.onConsole = (console) => console.close(4000, 'The host is down.');
  const { code, stderr } = await runBlanket(fake, ['console', 'web1']);
  t.is(code, 1);
  t.regex(stderr, /console\.failed\n {2}cause: The host is down\./);
});

test('a stopped guest has no console', async (t) => {
  const fake = await fakeControl(t, { 'guest.show': () => guest('web1', { state: 'stopped' }) });
  const { code, stderr } = await runBlanket(fake, ['console', 'web1']);
  t.is(code, 1);
  t.regex(stderr, /guest\.not-running[\s\S]*blanket guest start web1/);
});
