import { localServer } from './server.ts';
import { play } from './topic.ts';
import { devices } from './topics/devices.ts';

play(devices, localServer);
