import test from 'ava';
import { filesUnder, type HostAccess } from '../../../src/blanket-drivers/access.ts';
import { readMachine } from '../../../src/guest-agent/machine.ts';

const cpuinfo = (flags: string) =>
  `processor : 0\nvendor_id : GenuineIntel\nmodel name : Xeon\nflags : ${flags}\n`;
const leaf = new Uint8Array([0, 0, 0, 64, ...Buffer.from('KVMKVMKVM\0\0\0')]);

function host(texts: Record<string, string>): HostAccess {
  const none = filesUnder('/nowhere');
  const files = { ...none, text: async (path: string) => texts[path], bytes: async () => leaf };
  return { files, exec: async () => '' };
}

const kernel = { '/proc/sys/kernel/osrelease': '6.12.1' };

test('kernel, CPU and hypervisor', async (t) =>
  t.deepEqual(await readMachine(host({ ...kernel, '/proc/cpuinfo': cpuinfo('fpu vmx hypervisor') })), {
    kernel: '6.12.1',
    cpu: 'GenuineIntel Xeon, vmx',
    hypervisor: 'KVMKVMKVM',
  }));

test('the same CPU with its extension hidden, on bare metal, is another machine', async (t) =>
  t.like(await readMachine(host({ ...kernel, '/proc/cpuinfo': cpuinfo('fpu') })), {
    cpu: 'GenuineIntel Xeon, neither vmx nor svm',
    hypervisor: 'none',
  }));
