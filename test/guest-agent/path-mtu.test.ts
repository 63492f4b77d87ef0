import test from 'ava';
import { largestPacket, type Probe } from '../../src/guest-agent/path-mtu.ts';

/** A path that passes packets up to a size, and names a limit to those it refuses, or not. */
function path(mtu: number, limit?: number): { probe: Probe; asked: number[] } {
  const asked: number[] = [];
  const probe: Probe = async (size) => {
    asked.push(size);
    if (size <= mtu) return { passed: true };
    return { passed: false, ...(limit !== undefined && { limit }) };
  };
  return { probe, asked };
}

for (const mtu of [576, 577, 1279, 1280, 1419, 1420, 1499, 1500, 9000]) {
  test(`a silent path of ${mtu} bytes is found`, async (t) => {
    const { probe, asked } = path(mtu);
    t.is(await largestPacket(probe, 576, 9001), mtu);
    t.is(new Set(asked).size, asked.length, 'no size is asked twice');
  });
}

test('a path as wide as its device takes one packet', async (t) => {
  const { probe, asked } = path(1500);
  t.is(await largestPacket(probe, 576, 1500), 1500);
  t.deepEqual(asked, [1500]);
});

test('a limit that is named truly ends the search at once', async (t) => {
  const { probe, asked } = path(1400, 1400);
  t.is(await largestPacket(probe, 576, 1500), 1400);
  t.deepEqual(asked, [1500, 576, 1400, 1401]);
});

for (const lie of [0, 100, 576, 1000, 1450, 1500, 65_535]) {
  test(`a limit that is named falsely (${lie}) only costs time`, async (t) => {
    t.is(await largestPacket(path(1400, lie).probe, 576, 1500), 1400);
  });
}

test('a path that answers nothing has no size', async (t) => {
  t.is(await largestPacket(path(0).probe, 576, 1500), undefined);
  t.is(await largestPacket(path(500).probe, 576, 576), undefined);
});

test('a device narrower than every host must take is taken as it is', async (t) => {
  t.is(await largestPacket(path(1500).probe, 576, 500), 500);
});
