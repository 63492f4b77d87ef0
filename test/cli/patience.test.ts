/** How long commands wait for control: longer than control may take, or the person is told of a failure that is none. */
import test from 'ava';
import { Command } from 'commander';
import type { CallOptions } from '../../src/api-client/client.ts';
import type { Cli } from '../../src/cli/cli.ts';
import { addNetworkCommands } from '../../src/cli/commands/network.ts';
import { addRotateKey, addTunnelCommands } from '../../src/cli/commands/tunnel.ts';
import { host } from '../api-client/fake-control.ts';

const network = {
  ...{ name: 'lan', subnet: '10.77.0.0/24', subnet6: null, gateway: '10.77.0.1', gateway6: null, vni: 100 },
  ...{
    mtu: 1370,
    isolated: false,
    egress: null,
    connected: [],
    guests: 2,
    createdAt: '2026-01-02T03:04:05.000Z',
  },
};
const tunnels = { mtu: 1420, tunnels: [], silent: [], warnings: [] };

const asks: [args: string[], answer: unknown][] = [
  [['network', 'create', 'lan', '--subnet', '10.77.0.0/24'], { ...network, warnings: [] }],
  [['network', 'egress', 'lan', 'a1'], { ...network, warnings: [] }],
  [['network', 'connect', 'lan', 'lab'], { ...network, warnings: [] }],
  [['network', 'disconnect', 'lan', 'lab'], { ...network, warnings: [] }],
  [['network', 'remove', 'lan'], { warnings: [] }],
  [['tunnel', 'list'], tunnels],
  [['host', 'rotate-key', 'a1'], host('a1')],
];

for (const [args, answer] of asks) {
  test(`${args.slice(0, 2).join(' ')} waits for hosts that do not answer`, async (t) => {
    const waits: (number | undefined)[] = [];
    const call = async (_name: string, _input: unknown, options?: CallOptions) => {
      waits.push(options?.timeoutMs);
      return answer;
    };
    const nothing = () => undefined;
    const cli = { format: 'table', print: nothing, note: nothing, client: async () => ({ call }) };
    const program = new Command();
    addNetworkCommands(program, cli as unknown as Cli);
    addTunnelCommands(program, cli as unknown as Cli);
    addRotateKey(program.command('host'), cli as unknown as Cli);
    await program.parseAsync(args, { from: 'user' });
    t.deepEqual(waits, [180_000]);
  });
}
