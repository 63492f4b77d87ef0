import { localServer } from './server.ts';
import { play } from './topic.ts';
import { testDriver } from './topics/test-driver.ts';

play(testDriver, localServer);
