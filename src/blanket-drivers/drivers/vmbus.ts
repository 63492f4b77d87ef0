/** What every Hyper-V shows, Azure's and others'. */
import type { Facts } from '../facts.ts';

/** Class ids of VMBus devices, from the kernel's include/linux/hyperv.h. */
const classes: Record<string, string> = {
  'f8615163-df3e-46c5-913f-f2d2f965ed0e': 'network card',
  'ba6163d9-04a1-4d29-b605-72e2ffb1dc7f': 'SCSI controller',
  '32412632-86cb-44a2-9b5c-50d1417354f5': 'IDE accelerator',
  '9527e630-d0ae-497b-adce-e80ab0175caf': 'time synchronisation',
  '525074dc-8985-46e2-8057-a307dc18a502': 'dynamic memory',
};

export function vmbusEvidence({ vmbus }: Facts): string[] {
  const known = [...new Set(vmbus.flatMap((id) => classes[id] ?? []))];
  return known.length === 0 ? [] : [`VMBus has ${known.join(', ')}`];
}

/** The page that Hyper-V shares is read without leaving the guest; the register is not. */
export const hypervClocks = ['hyperv_clocksource_tsc_page', 'hyperv_clocksource_msr'];
