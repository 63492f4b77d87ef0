import { localServer } from './server.ts';
import { play } from './topic.ts';
import { host } from './topics/host.ts';

play(host, localServer);
