/** Inside a namespace: tells a name server to read its files again, and says how long until it knows a name. */
import { Resolver } from 'node:dns/promises';

const [server, name, pid] = process.argv.slice(2);
if (server === undefined || name === undefined) throw new Error('Say which server, and which name.');

/** ms; a server that reads does not answer meanwhile, and asking again would measure the asking. */
const patience = 30_000;
const resolver = new Resolver({ timeout: patience, tries: 1 });
resolver.setServers([server]);

/** Not there yet, or not started yet. */
const notYet = ['ENOTFOUND', 'ENODATA', 'ECONNREFUSED', 'EREFUSED'];

async function knows(): Promise<boolean> {
  try {
    return (await resolver.resolve4(String(name))).length > 0;
  } catch (error) {
    if (notYet.includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

if (Number(pid) > 0 && (await knows())) throw new Error(`${name} was known before it was read.`);
const begin = performance.now();
if (Number(pid) > 0) process.kill(Number(pid), 'SIGHUP');
while (!(await knows())) {
  if (performance.now() - begin > patience) throw new Error(`${name} did not come to be known.`);
}
console.log(JSON.stringify({ ms: performance.now() - begin }));
