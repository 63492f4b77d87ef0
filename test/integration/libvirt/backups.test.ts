import { localServer } from './server.ts';
import { play } from './topic.ts';
import { backups } from './topics/backups.ts';

play(backups, localServer);
