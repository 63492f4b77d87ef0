import { localServer } from './server.ts';
import { play } from './topic.ts';
import { pretendedGuest } from './topics/pretended-guest.ts';

play(pretendedGuest, localServer);
