import test from 'ava';
import { localServer } from './server.ts';
import { play } from './topic.ts';
import { postCopy } from './topics/post-copy.ts';

if (process.getuid?.() === 0) play(postCopy, localServer);
else
  test.skip('post-copy: only root can give QEMU the capability that userfaultfd(2) takes', (t) => t.pass());
