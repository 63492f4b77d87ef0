import type { Context } from '../context.ts';
import type { HandlersOf } from '../handlers.ts';
import { configureTunnel } from '../network.ts';
import { tunnelIdentity, tunnelNextKey, tunnelStatus } from '../tunnel.ts';

export const tunnelHandlers = ({ paths }: Context): HandlersOf<'tunnel'> => ({
  'tunnel.identity': () => tunnelIdentity(paths),
  'tunnel.next-key': () => tunnelNextKey(paths),
  'tunnel.configure': async (config) => {
    await configureTunnel(paths, config);
    return {};
  },
  'tunnel.status': () => tunnelStatus(paths),
});
