/** The WAN switch's process: `node wan-main.ts <state directory>`. Logs to standard error. */
import { serveWan } from './wan-server.ts';

const [state] = process.argv.slice(2);
if (state === undefined) {
  process.stderr.write('usage: wan-main.ts <state directory>\n');
  process.exit(2);
}
await serveWan({ state }, (text) => process.stderr.write(`${new Date().toISOString()} ${text}\n`));
process.exit(0);
