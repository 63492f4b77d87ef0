import test from 'ava';
import { type Port, Switch } from '../../../infra/wan/switch.ts';
import { broadcast, frame, numberOf } from './frames.ts';

type Box = { port: Port; got: number[]; flushes: () => number };

function addPort(owner: Switch, name: string, cloud = 'one', full = () => false): Box {
  const got: number[] = [];
  let flushes = 0;
  const output = {
    send: (sent: Buffer) => !full() && got.push(numberOf(sent)) > 0,
    flush: () => {
      flushes += 1;
    },
  };
  return { port: owner.addPort(name, cloud, output), got, flushes: () => flushes };
}

test('an unknown address floods, a learnt one does not', (t) => {
  const fabric = new Switch();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => addPort(fabric, name));
  if (a === undefined || b === undefined || c === undefined) return t.fail();
  fabric.receive(a.port, [frame(0x20, 0x10, 1)]);
  t.deepEqual([a.got, b.got, c.got], [[], [1], [1]]);
  fabric.receive(b.port, [frame(0x10, 0x20, 2)]);
  t.deepEqual([a.got, b.got, c.got], [[2], [1], [1]]);
  fabric.receive(a.port, [frame(0x20, 0x10, 3), frame(0x20, 0x10, 4)]);
  t.deepEqual([b.got, c.got], [[1, 3, 4], [1]]);
  t.is(b.flushes(), 2, 'a batch is flushed once');
});

test('a group address goes to all others and is never learnt', (t) => {
  const fabric = new Switch();
  const a = addPort(fabric, 'a');
  const b = addPort(fabric, 'b');
  fabric.receive(b.port, [frame(0x10, broadcast, 1)]);
  fabric.receive(a.port, [frame(broadcast, 0x10, 2), frame(0x0100_5e00_0001, 0x10, 3)]);
  t.deepEqual(b.got, [2, 3]);
});

test('an address that moves is found at its new port, and a forgotten one floods again', (t) => {
  const fabric = new Switch();
  const a = addPort(fabric, 'a');
  const b = addPort(fabric, 'b');
  const c = addPort(fabric, 'c');
  fabric.receive(b.port, [frame(broadcast, 0x20, 1)]);
  fabric.receive(c.port, [frame(broadcast, 0x20, 2)]);
  fabric.receive(a.port, [frame(0x20, 0x10, 3)]);
  t.deepEqual([b.got, c.got], [[2], [1, 3]]);
  fabric.forget(c.port);
  fabric.receive(a.port, [frame(0x20, 0x10, 4)]);
  t.deepEqual(
    [b.got, c.got],
    [
      [2, 4],
      [1, 3, 4],
    ],
  );
});

test('runts and frames for a full port are counted, not sent', (t) => {
  const fabric = new Switch();
  const a = addPort(fabric, 'a');
  const b = addPort(fabric, 'b', 'one', () => true);
  fabric.receive(a.port, [Buffer.from([0, 0, 0, 2, 1, 1]), frame(broadcast, 0x10)]);
  t.is(a.port.counters.dropped, 1);
  t.is(b.port.counters.dropped, 1);
  t.is(b.port.counters.sentFrames, 0);
});

test('many made-up addresses do not fill the memory, and the switch goes on', (t) => {
  const fabric = new Switch();
  const a = addPort(fabric, 'a');
  const b = addPort(fabric, 'b');
  for (let n = 0; n < 10_000; n += 1) fabric.receive(a.port, [frame(broadcast, 0x02_0000_0000 + n * 2, n)]);
  fabric.receive(b.port, [frame(0x02_0000_0000 + 9_999 * 2, 0x20, 77)]);
  t.is(a.got.at(-1), 77);
});

test('between clouds frames pass the link: late, counted, lost when it says so', async (t) => {
  const fabric = new Switch();
  fabric.setLink('two', 'one', { latencyMs: 30, bandwidthBps: 1e9, loss: 0 });
  const a = addPort(fabric, 'a', 'one');
  const arrived = Promise.withResolvers<number>();
  const output = {
    send: () => true,
    flush: () => arrived.resolve(performance.now()),
  };
  fabric.addPort('b', 'two', output);
  const sentAt = performance.now();
  fabric.receive(a.port, [frame(broadcast, 0x10, 1)]);
  t.true((await arrived.promise) - sentAt >= 30);
  const [direction] = fabric.directions();
  t.like(direction, { from: 'one', to: 'two', frames: 1, bytes: 60, lost: 0 });
  fabric.setLink('one', 'two', { latencyMs: 0, bandwidthBps: 1e9, loss: 1 });
  fabric.receive(a.port, [frame(broadcast, 0x10, 2)]);
  t.like(fabric.directions()[0], { frames: 1, lost: 1 });
  fabric.close();
});
