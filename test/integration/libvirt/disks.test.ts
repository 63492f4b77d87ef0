import { localServer } from './server.ts';
import { play } from './topic.ts';
import { disks } from './topics/disks.ts';

play(disks, localServer);
