/** Reads a console until it has printed what one waits for. */
import type { Duplex } from 'node:stream';
import { consoleFlags } from '../../../src/libvirt/constants.ts';
import type { Domain } from '../../../src/libvirt/domain.ts';
import { countsIn } from './tiny-guest.ts';

const patienceMs = 60_000;

/** Gives all that was printed until `enough` says so. */
export function readUntil(console: Duplex, enough: (printed: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const settle = (action: () => void) => {
      clearTimeout(timer);
      console.off('data', take).off('error', fail).off('close', closed);
      action();
    };
    const fail = (error: Error) => settle(() => reject(error));
    const closed = () => fail(new Error(`The console closed after ${JSON.stringify(printed.slice(-200))}.`));
    const take = (piece: Buffer) => {
      printed += piece.toString('latin1');
      if (enough(printed)) settle(() => resolve(printed));
    };
    const timer = setTimeout(
      () => fail(new Error(`The guest printed only ${printed.slice(-200)}.`)),
      patienceMs,
    );
    console.on('data', take).on('error', fail).on('close', closed);
  });
}

/** The guest's count, once it is at least `least`. */
export async function countOf(domain: Domain, least: number): Promise<number> {
  const stream = await domain.openConsole({ flags: consoleFlags.force });
  const counts = countsIn(await readUntil(stream, (printed) => (countsIn(printed).at(-1) ?? -1) >= least));
  stream.destroy();
  return counts.at(-1) ?? -1;
}
