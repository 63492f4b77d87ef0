/**
 *     node infra/clean/clean.ts          all that Blanket started or built on this machine
 *     node infra/clean/clean.ts demo     only what `make demo KEEP=1` left up
 */
import { rm } from 'node:fs/promises';
import { findHome } from '../../src/wire/home.ts';
import { demoState } from './places.ts';
import { isUp, takeDown } from './take-down.ts';

const say = (line: string) => console.log(`clean: ${line}`);

async function clean(state: string): Promise<void> {
  if (!(await isUp(state))) return;
  await takeDown(state, say);
  say(`removed ${state}`);
}

const [what] = process.argv.slice(2);
if (what !== undefined && what !== 'demo') {
  console.error(`clean: there is no '${what}'; say demo, or nothing for all.`);
  process.exit(2);
}
await clean(demoState());
if (what === undefined) {
  const { state, cache } = findHome();
  await clean(state);
  await rm(cache, { recursive: true, force: true });
  say(`removed ${cache}`);
}
