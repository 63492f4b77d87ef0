/** Two machines that Vagrant made (`make test-vagrant`), in a cloud of type `ssh`. They must be up. */
import { writeCloudConfig } from '../../../infra/vagrant/enrol.ts';
import { domainOf } from '../../../infra/vagrant/machines.ts';
import { virsh } from '../../../infra/vagrant/virsh.ts';
import type { Ground } from './ground.ts';

const cloud = 'vagrant';

export const vagrantGround: Ground = {
  // Its firmware names QEMU and no cloud.
  hosts: [
    { name: 'alpha1', cloud, driver: 'generic' },
    { name: 'beta1', cloud, driver: 'generic' },
  ],
  hostImage: async () => undefined,
  joinsLocalClouds: false,
  async addClouds({ blanket }) {
    await blanket(['cloud', 'add', cloud, '--type', 'ssh', '--config', await writeCloudConfig()]);
  },
  // libvirt's word for pulling the plug.
  async cutPower({ name }) {
    await virsh('destroy', domainOf(name));
  },
  // A lent machine is cleaned before it is given back, and this one cannot be.
  removeDead: ['--force'],
};
