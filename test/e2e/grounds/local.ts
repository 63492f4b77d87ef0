/** Two local clouds with different virtual hardware and a WAN between them; Blanket makes the machines itself. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImage } from '../../../images/build.ts';
import { addClouds, stage } from '../../../infra/demo/stage.ts';
import type { Ground } from './ground.ts';

const [first, second] = stage.clouds;

export const localGround: Ground = {
  // These two profiles bear the names of the drivers that must recognise them.
  hosts: [
    { name: first.host, cloud: first.name, driver: first.profile },
    { name: second.host, cloud: second.name, driver: second.profile },
  ],
  hostImage: async () => (await buildImage('host')).path,
  joinsLocalClouds: true,
  addClouds,
  async cutPower({ name, cloud }, state) {
    process.kill(Number(await readFile(join(state, 'clouds', cloud, name, 'qemu.pid'), 'utf8')), 'SIGKILL');
  },
  removeDead: [],
};
