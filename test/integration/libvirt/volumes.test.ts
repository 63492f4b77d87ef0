import { localServer } from './server.ts';
import { play } from './topic.ts';
import { volumes } from './topics/volumes.ts';

play(volumes, localServer);
