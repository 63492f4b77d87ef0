/** The ground that the tests are run on: `BLANKET_GROUND`, or else the local clouds. */
import type { Ground } from './ground.ts';
import { localGround } from './local.ts';
import { vagrantGround } from './vagrant.ts';

const grounds: Readonly<Record<string, Ground>> = { local: localGround, vagrant: vagrantGround };

/** @throws Error when there is no ground of that name. */
export function chooseGround(env: NodeJS.ProcessEnv = process.env): Ground {
  const name = env.BLANKET_GROUND || 'local';
  const ground = Object.hasOwn(grounds, name) ? grounds[name] : undefined;
  if (ground !== undefined) return ground;
  throw new Error(`BLANKET_GROUND is "${name}"; use one of: ${Object.keys(grounds).join(', ')}.`);
}
