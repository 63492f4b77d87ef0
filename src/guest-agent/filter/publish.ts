/**
 * Addresses that change on their way: a published port of this host becomes a guest's, and the metadata address that
 * images know becomes the gateway's, where the agent answers.
 */
import type { NetworkConfig } from '../../wire/methods/network.ts';
import { metadataPort } from '../../wire/network.ts';
import { devicesOf } from '../network/names.ts';
import { isEgress } from '../network/way-out.ts';
import { type NftPart, nftMap, nftSet } from './nft-text.ts';

/** To an address of this host's own, at a port that is published. */
const toPublished = 'fib daddr type local dnat ip to meta l4proto . th dport map @published';

export const publish = (configs: readonly NetworkConfig[]): NftPart => ({
  sets: [
    nftSet(
      'worldly',
      'type ifname',
      configs
        .filter(({ outside }) => outside)
        .flatMap((config) => {
          const { gateway, bridge } = devicesOf(config.name);
          return (isEgress(config) ? [gateway, bridge] : [gateway]).map((device) => `"${device}"`);
        }),
    ),
    nftMap(
      'published',
      'type inet_proto . inet_service : ipv4_addr . inet_service',
      configs.flatMap(({ publishes }) =>
        publishes.map(
          ({ protocol, port, address, toPort }) =>
            [`${protocol} . ${port}`, `${address} . ${toPort}`] as const,
        ),
      ),
    ),
  ],
  chains: [
    {
      name: 'prerouting',
      hook: 'nat hook prerouting priority dstnat',
      rules: [
        `iifname @gateways ip daddr 169.254.169.254 tcp dport 80 redirect to :${metadataPort}`,
        // guests with a way out find it as the world does, wherever the guest behind it runs
        `iifname @worldly ip daddr != @own_addresses ${toPublished}`,
        'iifname @gateways accept',
        'iifname @bridges accept',
        toPublished,
      ],
    },
    {
      name: 'output',
      hook: 'nat hook output priority -100',
      // the loopback's own addresses are of no use on another device
      rules: [`ip daddr != 127.0.0.0/8 ${toPublished}`],
    },
  ],
});
