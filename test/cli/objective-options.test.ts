import test from 'ava';
import { Command } from 'commander';
import { addObjectiveOptions, objectiveWish } from '../../src/cli/objective-options.ts';

function wishOf(...args: string[]) {
  const command = addObjectiveOptions(
    new Command('migrate').exitOverride().configureOutput({ writeErr: () => undefined }),
  );
  command.parse(args, { from: 'user' });
  return objectiveWish(command.opts());
}

test('what is not asked for is not sent', (t) => {
  t.deepEqual(wishOf(), {});
});

test('each option, in ms and bytes a second', (t) => {
  const wish = wishOf(
    ...['--max-downtime', '300ms', '--max-total', '10m', '--on-timeout', 'pause'],
    ...['--bandwidth', '10MiB', '--mode', 'live', '--no-auto-converge', '--connections', '4'],
    ...['--compress', 'zstd'],
  );
  t.deepEqual(wish, {
    ...{ maxDowntimeMs: 300, maxTotalMs: 600_000, onTimeout: 'pause' },
    ...{ bandwidthBps: 10 * 2 ** 20, mode: 'live', autoConverge: false, connections: 4, compress: 'zstd' },
  });
});

test('what the plan is to choose', (t) => {
  const wish = wishOf('--connections', 'auto', '--compress', 'auto');
  t.deepEqual(wish, { connections: 'auto', compress: 'auto' });
});

test('a bandwidth is never rounded up, and one below the least is refused', (t) => {
  t.deepEqual(wishOf('--bandwidth', '25MB'), { bandwidthBps: 23 * 2 ** 20 });
  t.throws(() => wishOf('--bandwidth', '1MB'), { message: /at least 1MiB/ });
});

test('words and times that are not known are refused', (t) => {
  t.throws(() => wishOf('--mode', 'magic'), { message: /auto, live, suspend, cold/ });
  t.throws(() => wishOf('--compress', 'xbzrle'), { message: /auto, none, zstd/ });
  t.throws(() => wishOf('--connections', '17'), { message: /between 1 and 16/ });
  t.throws(() => wishOf('--max-total', '10ms'), { message: /between 1s and 168h/ });
});
