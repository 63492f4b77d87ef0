import { localServer } from './server.ts';
import { play } from './topic.ts';
import { blockJobs } from './topics/block-jobs.ts';

play(blockJobs, localServer);
