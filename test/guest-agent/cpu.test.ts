import test from 'ava';
import { parseCpu } from '../../src/guest-agent/engines/cpu.ts';

/** As libvirt 11 gives it, much shortened. */
const xml = `<cpu mode='custom' match='exact'>
  <model fallback='forbid'>Opteron_G2</model>
  <vendor>AMD</vendor>
  <feature policy='require' name='sse4.1'/>
  <feature policy='require' name='cx16'/>
  <feature policy='disable' name='vme'/>
  <feature policy='require' name='abm'/>
</cpu>`;

test("libvirt's words of a CPU: model, maker, what it has and what its model would have", (t) => {
  t.deepEqual(parseCpu(xml, []), {
    ...{ vendor: 'AMD', model: 'Opteron_G2', features: ['abm', 'cx16', 'sse4.1'] },
    ...{ lacks: ['vme'], faulty: [] },
  });
});

test('what the CPU gets wrong counts as lacking, shown or not', (t) => {
  t.deepEqual(parseCpu(xml, ['cx16', 'avx']), {
    ...{ vendor: 'AMD', model: 'Opteron_G2', features: ['abm', 'sse4.1'] },
    ...{ lacks: ['cx16', 'vme'], faulty: ['avx', 'cx16'] },
  });
});

test('a CPU of no model is none, and one of no maker says so', (t) => {
  t.is(parseCpu('<cpu/>', []), undefined);
  t.is(parseCpu(xml.replace(/<vendor>.*<\/vendor>/, ''), [])?.vendor, 'unknown');
});
