import { localServer } from './server.ts';
import { play } from './topic.ts';
import { storage } from './topics/storage.ts';

play(storage, localServer);
