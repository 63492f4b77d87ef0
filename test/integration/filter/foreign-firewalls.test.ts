/** An owner's firewall that cuts guests off is told, with what it lacks; once it lets them through it is not. */
import { foreignFirewallsIn } from '../../../src/guest-agent/filter/foreign-firewalls.ts';
import { cardOf, networkOf } from '../../guest-agent/filter/networks.ts';
import { asRoot } from '../as-root.ts';
import { type Stage, stageFor } from './stage.ts';
import { hostUplink, outsideAddress } from './stage-links.ts';

const config = networkOf({ cards: [cardOf(10), cardOf(11)] });

const inputNeeds = ['iifname "bg*"', 'iifname "blanket0"'];
const forwardNeeds = ['iifname "blanket0"', 'iifname "bg*"', 'iifname "bl*"', 'oifname "bl*"'];

/** Chains in words, with what they lack. */
const told = async ({ nft }: Stage): Promise<Record<string, unknown>> => {
  const problems = await foreignFirewallsIn(nft);
  return Object.fromEntries(
    problems.map(({ data = {} }) => [`${data.family} ${data.table} ${data.chain}`, data.missing] as const),
  );
};

asRoot('make namespaces', 'a policy of dropping is told until guests are let through', async (t) => {
  const stage = await stageFor(t);
  await stage.serve('outside', 80);
  await stage.serve('host', 53);
  const reached = async () => [
    await stage.ask('one', outsideAddress, 80),
    await stage.ask('one', '10.77.0.1', 53),
  ];
  // much as ufw does it, and Docker
  const iptables = (...words: string[]) => stage.command('host', ['iptables', ...words]);
  await iptables('-P', 'FORWARD', 'DROP');
  await iptables('-A', 'FORWARD', '-m', 'conntrack', '--ctstate', 'ESTABLISHED', '-j', 'ACCEPT');
  await iptables('-A', 'FORWARD', '-i', 'bg+', '-p', 'udp', '-j', 'ACCEPT');
  await iptables('-P', 'INPUT', 'DROP');
  t.deepEqual(await told(stage), {}, 'without guests and tunnel there is nobody to cut off');
  await stage.filter.apply([]);
  const tunnelNeeds = ['iifname "blanket0"'];
  t.deepEqual(await told(stage), { 'ip filter FORWARD': tunnelNeeds, 'ip filter INPUT': tunnelNeeds });
  await stage.filter.apply([config]);
  t.deepEqual(await reached(), ['none', 'none']);
  t.deepEqual(await told(stage), { 'ip filter FORWARD': forwardNeeds, 'ip filter INPUT': inputNeeds });

  await iptables('-I', 'FORWARD', '-i', 'bg+', '-j', 'ACCEPT');
  t.deepEqual((await told(stage))['ip filter FORWARD'], [
    'iifname "blanket0"',
    'iifname "bl*"',
    'oifname "bl*"',
  ]);
  await iptables('-N', 'mine');
  await iptables('-A', 'mine', '-i', 'bl+', '-j', 'ACCEPT');
  await iptables('-I', 'FORWARD', '-j', 'mine');
  t.deepEqual((await told(stage))['ip filter FORWARD'], ['oifname "bl*"']);
  await iptables('-A', 'mine', '-o', 'bl+', '-j', 'ACCEPT');
  await iptables('-I', 'INPUT', '-i', 'bg+', '-j', 'ACCEPT');
  await iptables('-I', 'INPUT', '-i', 'blanket0', '-j', 'ACCEPT');
  t.deepEqual(await told(stage), {});
  t.deepEqual(await reached(), [hostUplink, '10.77.0.10'], 'what it asks for is enough');
});

asRoot('make namespaces', 'a last rule that refuses all is told like a policy', async (t) => {
  const stage = await stageFor(t);
  await stage.filter.apply([config]);
  // much as firewalld does it
  const firewall = (last: string) => `
    table inet firewalld
    delete table inet firewalld
    table inet firewalld {
      chain zone { accept; }
      chain filter_INPUT { type filter hook input priority 10; ct state established accept; iifname "bl*" goto zone; ${last}; }
      chain filter_FORWARD { type filter hook forward priority 10; oifname { "bl*" } drop; counter ${last}; }
      chain output { type filter hook output priority 10; policy drop; accept; }
    }`;
  for (const last of ['reject with icmpx admin-prohibited', 'log prefix "x" drop']) {
    await stage.nft(['-f', '-'], firewall(last));
    t.deepEqual(await told(stage), {
      'inet firewalld filter_INPUT': ['iifname "bg*"'],
      'inet firewalld filter_FORWARD': forwardNeeds,
    });
  }
  for (const last of ['accept', 'ip saddr 192.0.2.1 drop', 'counter']) {
    await stage.nft(['-f', '-'], firewall(last));
    t.deepEqual(await told(stage), {}, last);
  }
  await stage.command('host', ['iptables', '-A', 'INPUT', '-j', 'REJECT']);
  t.deepEqual(await told(stage), { 'ip filter INPUT': inputNeeds });
});
