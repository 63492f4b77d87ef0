import { localServer } from './server.ts';
import { play } from './topic.ts';
import { networks } from './topics/networks.ts';

play(networks, localServer);
