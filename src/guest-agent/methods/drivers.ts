/** Which cloud this is, and fitting the host to it. What was applied is kept, and applied again after a reboot. */
import { detectDriver } from '../../blanket-drivers/detect.ts';
import type { Driver } from '../../blanket-drivers/driver.ts';
import { readFacts } from '../../blanket-drivers/read-facts.ts';
import { driverNamed } from '../../blanket-drivers/registry.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { Context } from '../context.ts';
import {
  applyDriver,
  logFailures,
  type Place,
  restoreDriver as restore,
  verifyDriver,
} from '../driver/driver.ts';
import type { HandlersOf } from '../handlers.ts';
import { thisHost } from '../host-access.ts';
import { log, logError } from '../log.ts';
import type { Paths } from '../paths.ts';
import { serially } from '../serially.ts';

/** The agent answers after this time also when a program that a shim runs hangs; the rest is done meanwhile. */
const RESTORE_MS = 45_000;

const placeOf = (paths: Paths): Place => ({ paths, host: thisHost });
const inTurn = <T>(work: () => Promise<T>): Promise<T> => serially('driver', work);

/** @throws BlanketError `driver.unknown` */
function known(name: string): Driver {
  const driver = driverNamed(name);
  if (driver !== undefined) return driver;
  throw new BlanketError('driver.unknown', `This agent has no driver "${name}".`, { kind: 'not-found' });
}

const logProblem = (error: unknown): void => logError('restore.failed', error, { step: 'restoreDriver' });

/** Gives up waiting, not working, when it takes too long; what was set is read back afterwards. */
export async function restoreDriver(paths: Paths): Promise<void> {
  const work = inTurn(() => restore(placeOf(paths), known));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), RESTORE_MS);
  });
  if ((await Promise.race([work, late])) === 'late') {
    log('driver.late', { afterMs: RESTORE_MS });
    work.catch(logProblem);
  }
  clearTimeout(timer);
  const readBack = () => inTurn(() => logFailures(placeOf(paths))).catch(logProblem);
  void work.then(readBack, () => undefined); // its own failure is told above, or to the caller
}

export const driverHandlers = ({ paths }: Context): HandlersOf<'facts' | 'driver'> => ({
  'facts.read': () => readFacts(thisHost),
  'driver.detect': async ({ override }) => {
    if (override !== undefined) known(override);
    const facts = await readFacts(thisHost);
    const detection = detectDriver(facts, override);
    return { ...detection, plan: driverNamed(detection.chosen)?.plan(facts) ?? [] };
  },
  'driver.apply': ({ driver }) => inTurn(() => applyDriver(placeOf(paths), known(driver))),
  'driver.verify': () => verifyDriver(placeOf(paths)),
});
