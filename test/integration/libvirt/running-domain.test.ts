import { localServer } from './server.ts';
import { play } from './topic.ts';
import { runningDomain } from './topics/running-domain.ts';

play(runningDomain, localServer);
