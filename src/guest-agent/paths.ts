/**
 * Where the agent keeps things on its host.
 *
 *   /var/lib/blanket/
 *     images/<hex>.qcow2        base disks, read-only, named by their SHA-256
 *     images/<hex>.qcow2.part   one that is on its way from another host
 *     disks/<guest>/root.qcow2  a guest's own disk, on top of an image
 *     disks/<guest>/<name>.qcow2  a disk beside it, which began empty
 *     guests/<guest>.json       what a guest is
 *     consoles/<guest>.log*     what its serial console printed, kept and rotated by virtlogd
 *     networks/<name>.*         what a guest network is, and its DHCP and DNS server's files
 *     forwarding.json           settings of the host's before guest networks changed them
 *     leases/<guest>.json       the highest lease heard of a guest, also of one that is gone
 *     migrations/<op>.json      what has happened here of each migration
 *     uploads/                  control's files on their way to images/
 *     tunnel.key tunnel.key.next tunnel.json tunnel.conf driver.json driver-pending.json
 */
import { join } from 'node:path';
import { agentPaths } from '../wire/agent.ts';

export type Paths = ReturnType<typeof pathsUnder>;

export function pathsUnder(state: string = agentPaths.state) {
  const folder = (name: string) => join(state, name);
  return {
    state,
    uploads: folder('uploads'),
    images: folder('images'),
    disks: folder('disks'),
    guests: folder('guests'),
    networks: folder('networks'),
    leases: folder('leases'),
    migrations: folder('migrations'),
    consoles: folder('consoles'),
    tunnelKey: folder('tunnel.key'),
    tunnelKeyNext: folder('tunnel.key.next'),
    tunnel: folder('tunnel.json'),
    tunnelFile: folder('tunnel.conf'),
    forwarding: folder('forwarding.json'),
    driver: folder('driver.json'),
    driverPending: folder('driver-pending.json'),
    image: (digest: string) => join(state, 'images', `${digest.replace('sha256:', '')}.qcow2`),
    diskFolder: (guest: string) => join(state, 'disks', guest),
    consoleLog: (guest: string) => join(state, 'consoles', `${guest}.log`),
    disk: (guest: string) => join(state, 'disks', guest, 'root.qcow2'),
    extraDisk: (guest: string, name: string) => join(state, 'disks', guest, `${name}.qcow2`),
    guest: (name: string) => join(state, 'guests', `${name}.json`),
    network: (name: string, kind: string) => join(state, 'networks', `${name}.${kind}`),
    lease: (guest: string) => join(state, 'leases', `${guest}.json`),
    migration: (operation: string) => join(state, 'migrations', `${operation}.json`),
  };
}
