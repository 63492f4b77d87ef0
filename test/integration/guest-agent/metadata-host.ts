/** The metadata service by itself, to run in a namespace: `node metadata-host.ts '{"networks": […], "guests": […]}'`, until stdin ends. */
import { serveMetadata } from '../../../src/guest-agent/metadata/service.ts';
import type { GuestSpec } from '../../../src/wire/guest-spec.ts';
import type { NetworkConfig } from '../../../src/wire/methods/network.ts';

const { networks, guests } = JSON.parse(process.argv[2] ?? '') as {
  networks: NetworkConfig[];
  guests: GuestSpec[];
};
const service = serveMetadata({
  networks: async () => networks,
  guestSpec: async (name) => guests.find((guest) => guest.name === name),
});
await service.update();
process.stdin.resume().once('end', () => void service.close());
