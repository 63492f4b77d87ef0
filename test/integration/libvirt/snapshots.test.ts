import { localServer } from './server.ts';
import { play } from './topic.ts';
import { snapshots } from './topics/snapshots.ts';

play(snapshots, localServer);
