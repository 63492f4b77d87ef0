import { localServer } from './server.ts';
import { play } from './topic.ts';
import { migration } from './topics/migration.ts';

play(migration, localServer);
