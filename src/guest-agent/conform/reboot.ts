/** Rebooting the host that the agent runs on: answered first, then done. */
import { readFile } from 'node:fs/promises';
import { BlanketError } from '../../wire/errors.ts';
import type { Context } from '../context.ts';
import { exec } from '../host-access.ts';
import { log, logError } from '../log.ts';

/** Until the answer is on its way through SSH. */
const answerMs = 500;

/** Another at each boot (random(4)). */
export const bootId = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();

/** @throws BlanketError `host.has-guests` while a guest runs here. */
export async function rebootHost(context: Context, wanted: string): Promise<void> {
  if ((await bootId()) !== wanted) return; // it was done already
  const alive = (await context.engine('kvm').list()).filter(
    ({ state }) => state !== 'stopped' && state !== 'absent',
  );
  if (alive.length > 0) {
    const names = alive.map(({ name }) => name);
    throw new BlanketError(
      'host.has-guests',
      `This host is not rebooted: ${names.join(', ')} would be lost.`,
      {
        kind: 'blocked',
        next: 'Migrate or stop the guests that run on it.',
        data: { guests: names },
      },
    );
  }
  log('host.reboot', { bootId: wanted });
  setTimeout(() => {
    exec('systemctl', ['reboot']).catch((error: unknown) => logError('host.reboot-failed', error));
  }, answerMs);
}
