/** A test that only root can run, one after the other in its file; for others it is skipped, and its title says why. */
import test, { type ImplementationFn } from 'ava';

export function asRoot(why: string, title: string, body: ImplementationFn<[]>): void {
  if (process.getuid?.() === 0) test.serial(title, body);
  else test.skip(`${title} (only root can ${why})`, body);
}
