/** Devices of guest networks as sets. Patterns would not do: `bl*` is the tunnel's name too. Only taps have one, `bt*`. */
import type { NetworkConfig } from '../../wire/methods/network.ts';
import { devicesOf } from '../network/names.ts';
import { type NftPart, nftSet } from './nft-text.ts';

export function devices(configs: readonly NetworkConfig[]): NftPart {
  const all = configs.map(({ name }) => devicesOf(name));
  const named = (name: string, devices: readonly string[]) =>
    nftSet(
      name,
      'type ifname',
      devices.map((device) => `"${device}"`),
    );
  return {
    sets: [
      named(
        'bridges',
        all.map(({ bridge }) => bridge),
      ),
      named(
        'gateways',
        all.map(({ gateway }) => gateway),
      ),
      named(
        'ports',
        all.flatMap(({ gatewayPort, vxlan }) => [gatewayPort, vxlan]),
      ),
    ],
    chains: [],
  };
}
