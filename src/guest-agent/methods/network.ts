import type { Context } from '../context.ts';
import type { HandlersOf } from '../handlers.ts';
import { applyNetwork, forwardCards, removeNetwork, repairNetworks } from '../network.ts';

export const networkHandlers = ({ paths, metadata }: Context): HandlersOf<'network'> => ({
  'network.apply': async (config) => {
    try {
      await applyNetwork(paths, config);
    } finally {
      await metadata.update(); // what failed may have been kept before
    }
    return {};
  },
  'network.forward': async (moves) => {
    await forwardCards(paths, moves);
    return {};
  },
  'network.remove': async ({ name }) => {
    await removeNetwork(paths, name);
    await metadata.update();
    return {};
  },
  'network.repair': () => repairNetworks(paths),
});
