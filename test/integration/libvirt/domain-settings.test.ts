import { localServer } from './server.ts';
import { play } from './topic.ts';
import { domainSettings } from './topics/domain-settings.ts';

play(domainSettings, localServer);
