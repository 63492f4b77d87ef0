import test from 'ava';
import fc from 'fast-check';
import { advance } from '../../../src/guest-agent/migrate/copy.ts';
import { someStats } from './fake-engine.ts';

test('what counts up never goes back, whatever the readings', (t) => {
  const reading = fc.record({
    memoryDone: fc.nat(),
    diskDone: fc.nat(),
    rounds: fc.nat(),
    elapsedMs: fc.nat(),
  });
  const property = fc.property(fc.array(reading), (readings) => {
    let shown = someStats;
    for (const each of readings) {
      const next = advance(shown, { ...someStats, ...each });
      const back = (['memoryDone', 'diskDone', 'rounds', 'elapsedMs'] as const).some(
        (name) => next[name] < shown[name],
      );
      if (back) return false;
      shown = next;
    }
    return true;
  });
  fc.assert(property);
  t.pass();
});
