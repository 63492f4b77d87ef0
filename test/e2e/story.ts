/** What the fleet's hosts tell of themselves and of the guest, for whoever reads why a test failed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProcesses } from '../../infra/clean/processes.ts';
import { qmp } from '../../src/control/clouds/qmp.ts';
import { type Fleet, ground, guest } from './fleet.ts';

/** A shell script without a single quote; its parts are told even when one of them fails. */
const script = `
virsh -q list --all
for i in 1 2; do virsh -q domstats --state --vcpu ${guest} | grep -E "state.state|vcpu.0.(state|time)"; sleep 2; done
echo "-- console"; tail -c 1200 /var/lib/blanket/consoles/${guest}.log
echo "-- links"; ip -br link; wg show all latest-handshakes; date +%s
echo "-- neighbours"; ip neigh
echo "-- forwarding"; bridge fdb | grep -v permanent | head -n 30
echo "-- cards"; nft list set bridge blanket cards; nft list set bridge blanket addresses
echo "-- network"; cat /var/lib/blanket/networks/*.json | head -c 3000; echo
echo "-- agent"; journalctl --no-pager -q -o short-iso -n 25 -u blanket-agent
true`;

type Named = { name: string; state: string };

/** Where each virtual CPU of a VM is, twice: one that hangs is told from one that is slow. What QEMU does not say is said. */
async function whereItIs(pid: number): Promise<string> {
  const argv = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  const after = (option: string) => argv[argv.indexOf(option) + 1] ?? '';
  const socket = /^unix:(.+?),/.exec(after('-qmp'))?.[1] ?? '';
  const given = { 'command-line': 'info registers -a' };
  const places: string[] = [];
  for (let sample = 0; sample < 2; sample++) {
    const told = String(await qmp(socket, 'human-monitor-command', 5_000, given).catch(String));
    const lines = told.split(/\r?\n/).filter((line) => /^(CPU#|RIP=|Error)/.test(line));
    places.push(lines.join(' '));
    await sleep(1_000);
  }
  return `-- ${after('-name')}: ${places.join('\n   ')}\n`;
}

/** Of a report of a failed run often only the lines next to the failure are kept: what fits there comes first. */
async function tellShortly(
  fleet: Fleet,
  hosts: readonly Named[],
  say: (text: string) => void,
): Promise<void> {
  const machines = (await findProcesses(fleet.state)).filter(({ role }) => role === 'vm');
  say(`-- ${hosts.length} hosts, ${machines.length} processes of VMs\n`);
  for (const { pid } of machines) say(await whereItIs(pid).catch((error) => `-- VM ${pid}: ${error}\n`));
  for (const { name, state } of hosts) {
    const console = (await fleet.cli('host', 'console', name)).stdout.trim().slice(-200);
    say(`-- ${name}: ${state}; its console: ${JSON.stringify(console)}\n`);
  }
  const log = await readFile(join(fleet.state, 'control.log'), 'utf8').catch(String);
  const warnings = log.split('\n').filter((line) => /"level":[456]0/.test(line));
  for (const line of warnings.slice(-4)) say(`-- control: ${line.slice(0, 260)}\n`);
}

/** Once: what fails after the first failure mostly follows from it. What cannot be asked is said, and no failure of its own. */
export async function tellStory(fleet: Fleet, say: (text: string) => void): Promise<void> {
  const known = fleet.json('host', 'list') as Promise<Named[]>;
  const hosts = await known.catch(() => ground.hosts.map(({ name }) => ({ name, state: 'not told' })));
  await tellShortly(fleet, hosts, say);
  say(`-- guest\n${(await fleet.cli('guest', 'show', guest)).stdout}\n`);
  say(`-- operations\n${(await fleet.cli('op', 'list')).stdout.split('\n').slice(-8).join('\n')}\n`);
  for (const { name } of hosts) {
    const { code, stdout, stderr } = await fleet.cli('host', 'ssh', name, '--', `sudo sh -c '${script}'`);
    say(`---- ${name} (exit code ${code})\n${stdout}${stderr}\n`);
  }
}
