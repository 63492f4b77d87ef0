/** What the fleet's hosts tell of themselves and of the guest, for whoever reads why a test failed. */
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

/** Once: what fails after the first failure mostly follows from it. What cannot be asked is said, and no failure of its own. */
export async function tellStory(fleet: Fleet, say: (text: string) => void): Promise<void> {
  say(`-- guest\n${(await fleet.cli('guest', 'show', guest)).stdout}\n`);
  say(`-- operations\n${(await fleet.cli('op', 'list')).stdout.split('\n').slice(-8).join('\n')}\n`);
  for (const { name } of ground.hosts) {
    const { code, stdout, stderr } = await fleet.cli('host', 'ssh', name, '--', `sudo sh -c '${script}'`);
    say(`---- ${name} (exit code ${code})\n${stdout}${stderr}\n`);
  }
}
