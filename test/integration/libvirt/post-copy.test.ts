import { localServer } from './server.ts';
import { play } from './topic.ts';
import { postCopy } from './topics/post-copy.ts';

play(postCopy, localServer);
