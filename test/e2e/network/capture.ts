/**
 * What crosses a host's WAN card, recorded from below the machine, where its cloud would: QEMU writes each frame of the
 * card's back end to a file (object `filter-dump`, qemu(1)).
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { vmFiles } from '../../../src/control/clouds/local-record.ts';
import { qmp } from '../../../src/control/clouds/qmp.ts';
import type { Fleet } from '../fleet.ts';

const monitorMs = 30_000;
const id = 'capture';

export type Capture = {
  stop(): Promise<void>;
  /** How often a text occurs in it. Stop it first. */
  count(text: string): Promise<number>;
};

export async function captureWan({ state }: Fleet, cloud: string, host: string): Promise<Capture> {
  const { qmpSocket } = await vmFiles({ state }, cloud, host);
  const file = join(state, `${host}.pcap`);
  await qmp(qmpSocket, 'object-add', monitorMs, { 'qom-type': 'filter-dump', id, netdev: 'wan', file });
  return {
    stop: async () => {
      await qmp(qmpSocket, 'object-del', monitorMs, { id });
    },
    count: (text) => countIn(file, text),
  };
}

async function countIn(file: string, text: string): Promise<number> {
  let [found, rest] = [0, ''];
  for await (const piece of createReadStream(file, 'latin1')) {
    const parts = `${rest}${piece}`.split(text);
    found += parts.length - 1;
    rest = (parts.at(-1) ?? '').slice(1 - text.length);
  }
  return found;
}
