import { localServer } from './server.ts';
import { play } from './topic.ts';
import { guestAgent } from './topics/guest-agent.ts';

play(guestAgent, localServer);
