/** A small Linux guest with QEMU's own guest agent: image `agent`, built here as the product's images are. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImage } from '../../../images/build.ts';
import type { Server } from './server.ts';

/** Writes the guest's disk, and gives its path there. */
export async function writeAgentDisk(server: Server): Promise<string> {
  const { path } = await buildImage('agent', { recipes: join(import.meta.dirname, 'images') });
  return server.write('agent.qcow2', await readFile(path));
}

/** Its agent answers some seconds after the start, and a channel sends back what comes. The CPU is one that every host can show, without the CMPXCHG16B that QEMU 7.2's emulator gets wrong (blanket-drivers/cpu-faults.ts): the kernel died of it now and then. */
export const agentGuestXml = (server: Server, disk: string): string => `
  <domain type='${server.domainType}'>
    <name>agent</name><uuid>${randomUUID()}</uuid>
    <memory unit='MiB'>128</memory><vcpu>2</vcpu>
    <os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os>
    <features><acpi/></features>
    <cpu mode='custom' match='exact'><model>qemu64</model><feature policy='disable' name='svm'/><feature policy='disable' name='cx16'/></cpu>
    <pm><suspend-to-mem enabled='yes'/></pm>
    <devices>
      <disk type='file' device='disk'>
        <driver name='qemu' type='qcow2' discard='unmap'/><source file='${disk}'/><target dev='vda' bus='virtio'/>
      </disk>
      <serial type='pty'/><console type='pty'/>
      <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
      <channel type='unix'><target type='virtio' name='org.example.echo.0'/></channel>
      <controller type='usb' model='none'/><memballoon model='virtio'/>
    </devices>
  </domain>`;
