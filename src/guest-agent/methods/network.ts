import type { Context } from '../context.ts';
import type { HandlersOf } from '../handlers.ts';
import { applyNetwork, forwardCards, removeNetwork, repairNetworks } from '../network.ts';

export const networkHandlers = ({ paths }: Context): HandlersOf<'network'> => ({
  'network.apply': async (config) => {
    await applyNetwork(paths, config);
    return {};
  },
  'network.forward': async (moves) => {
    await forwardCards(paths, moves);
    return {};
  },
  'network.remove': async ({ name }) => {
    await removeNetwork(paths, name);
    return {};
  },
  'network.repair': () => repairNetworks(paths),
});
