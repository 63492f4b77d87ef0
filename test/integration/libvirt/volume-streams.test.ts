import { localServer } from './server.ts';
import { play } from './topic.ts';
import { volumeStreams } from './topics/volume-streams.ts';

play(volumeStreams, localServer);
