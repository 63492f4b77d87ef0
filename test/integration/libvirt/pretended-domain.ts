/** A domain of libvirtd's `test` driver: a real daemon, a pretended machine. */
import { randomUUID } from 'node:crypto';

export const pretendedXml = (name: string) => `
  <domain type='test'>
    <name>${name}</name><uuid>${randomUUID()}</uuid>
    <memory unit='KiB'>65536</memory><currentMemory unit='KiB'>65536</currentMemory><vcpu>3</vcpu>
    <iothreads>1</iothreads><os><type>hvm</type></os>
    <devices>
      <disk type='file'><source file='/nothing'/><target dev='vda'/></disk>
      <interface type='network'>
        <mac address='52:54:00:12:34:56'/><source network='default'/><target dev='net0'/>
      </interface>
      <memballoon model='virtio'/>
      <graphics type='vnc'/><video><model type='vga'/></video>
    </devices>
  </domain>`;
