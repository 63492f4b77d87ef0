import { localServer } from './server.ts';
import { play } from './topic.ts';
import { saves } from './topics/saves.ts';

play(saves, localServer);
