import { localServer } from './server.ts';
import { play } from './topic.ts';
import { secrets } from './topics/secrets.ts';

play(secrets, localServer);
