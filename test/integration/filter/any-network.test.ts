/** nftables takes the text for any networks that the wire lets through, one after the other in one kernel. */
import fc from 'fast-check';
import { configs } from '../../guest-agent/filter/any-network.ts';
import { asRoot } from '../as-root.ts';
import { stageFor } from './stage.ts';

asRoot(
  'make namespaces',
  'whatever the networks, nftables takes their filter in the place of the last',
  async (t) => {
    const stage = await stageFor(t);
    let networks = 0;
    const property = fc.asyncProperty(configs, async (any) => {
      await stage.filter.apply(any);
      networks += any.length;
      t.deepEqual(await stage.filter.differs(), []);
    });
    await fc.assert(property, { numRuns: 60, endOnFailure: true });
    t.true(networks > 30, 'most were taken by the wire');
  },
);
