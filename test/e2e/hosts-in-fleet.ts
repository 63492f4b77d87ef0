/**
 * Hosts as drivers and engines see them, on the fleet's real hosts: facts, proof, what their CPUs share, and the
 * conformance suite with its reboot on the host that carries no guest.
 */
import anyTest, { type TestFn } from 'ava';
import { z } from 'zod';
import { hostSchema } from '../../src/wire/resources.ts';
import { type Check, conformanceSchema } from '../../src/wire/routes/conform.ts';
import { fleetBaselineSchema } from '../../src/wire/routes/fleet.ts';
import { type Fleet, ground, reachAnew } from './fleet.ts';

const test = anyTest as TestFn<Fleet>;

const factsSchema = z.looseObject({
  chosen: z.string(),
  verdicts: z.array(z.object({ driver: z.string(), verdict: z.string(), evidence: z.array(z.string()) })),
  plan: z.array(z.looseObject({ shim: z.string() })),
});
const shims = ['nic', 'disk', 'clock', 'entropy', 'console', 'memory', 'nested', 'notices'];

/** What does not depend on how busy the machine under the hosts is just now. */
const isCertain = ({ name }: Check): boolean =>
  /^(disk persistence|clock source|driver|path mtu|tunnel mtu|nic throughput)/.test(name);

/** The guest is on `withGuest`; the other host is rebooted, and `meanwhile` begins what can go on beside that. */
export function playHosts(
  current: () => Fleet,
  withGuest: string,
  withoutGuest: string,
  meanwhile: (fleet: Fleet) => void,
): void {
  playReadings(current, withGuest);
  playCpus(current, withGuest);
  playConformance(current, withGuest, withoutGuest, meanwhile);
}

function playReadings(current: () => Fleet, host: string): void {
  for (const { name, driver } of ground.hosts) {
    test.serial(`facts of ${name}: one driver is certain, and its plan has every shim`, async (t) => {
      const { chosen, verdicts, plan } = factsSchema.parse(await current().json('host', 'facts', name));
      t.is(chosen, driver);
      const certain = verdicts.filter(({ verdict }) => verdict === 'found').map((one) => one.driver);
      t.deepEqual(certain, driver === 'generic' ? [] : [driver]);
      t.deepEqual([...new Set(plan.map(({ shim }) => shim))].sort(), [...shims].sort());
    });
  }

  test.serial('the proof of each engine is kept: what was measured, or why it cannot be used', async (t) => {
    const {
      engine,
      engineScore,
      probe: proof,
    } = hostSchema.parse(await current().json('host', 'show', host));
    t.is(engine, 'kvm');
    t.is(proof?.chosen, 'kvm');
    for (const probe of proof?.probes ?? []) t.true(probe.usable || (probe.reason ?? '') !== '');
    const kvm = proof?.probes.find((probe) => probe.engine === 'kvm');
    t.is(kvm?.score, engineScore ?? undefined);
    for (const value of [kvm?.bootMs, kvm?.cpuMs, kvm?.memoryMs, kvm?.exitsPerSecond])
      t.true((value ?? 0) > 0);
  });
}

function playCpus(current: () => Fleet, host: string): void {
  test.serial('what the hosts share is computed from both, and nested virtualization is apart', async (t) => {
    const baselines = z.array(fleetBaselineSchema).parse(await current().json('fleet', 'baseline'));
    const [kvm] = baselines;
    t.deepEqual(
      baselines.map(({ engine }) => engine),
      ['kvm'],
    );
    t.deepEqual(
      kvm?.hosts.map(({ host: name, asked }) => ({ name, asked })).sort((a, b) => (a.name < b.name ? -1 : 1)),
      [...ground.hosts.map(({ name }) => ({ name, asked: true }))],
    );
    t.true(kvm?.features.includes('sse4.2'));
    for (const hidden of ['svm', 'vmx', 'cx16']) t.false(kvm?.features.includes(hidden), hidden);
  });

  test.serial('a guest made with all that its host shows is told to be wide only where it is', async (t) => {
    const fleet = current();
    const made = await fleet.cli(
      'guest',
      'create',
      'wide',
      '--image',
      'micro',
      '--host',
      host,
      '--cpu',
      'host',
    );
    t.is(made.code, 0, made.stderr);
    const { stdout } = await fleet.cli('host', 'ssh', host, '--', 'sudo', 'virsh', 'dumpxml', 'wide');
    t.notRegex(stdout, /policy='require' name='(svm|vmx|cx16)'/);
    t.regex(stdout, /org\.qemu\.guest_agent\.0/);
    t.is((await fleet.cli('guest', 'stop', 'wide', '--force')).code, 0);
    t.is((await fleet.cli('guest', 'remove', 'wide', '--yes')).code, 0);
  });
}

function playConformance(
  current: () => Fleet,
  withGuest: string,
  withoutGuest: string,
  meanwhile: (fleet: Fleet) => void,
): void {
  test.serial('conformance is refused where guests would be lost to the reboot', async (t) => {
    const { code, stderr } = await current().cli('host', 'conform', withGuest);
    t.is(code, 5, stderr);
    t.regex(stderr, /code: conform\.host-in-use/);
  });

  test.serial('a host conforms, and is the same after a reboot', async (t) => {
    const fleet = current();
    meanwhile(fleet);
    const ended = await fleet.cli('host', 'conform', withoutGuest);
    t.log(ended.stdout, ended.stderr);
    await reachAnew(fleet);
    const last = await fleet.cli('host', 'conform', withoutGuest, '--last', '-o', 'json');
    const record = conformanceSchema.parse(JSON.parse(last.stdout));
    for (const { name, verdict, reason } of record.checks.filter(isCertain))
      t.is(verdict, 'ok', `${name}: ${reason}`);
    t.is(ended.code, record.ok ? 0 : 9, ended.stderr);
    t.is(last.code, ended.code);
    t.true(record.rebooted);
    t.not(record.before.bootId, record.after?.bootId);
    t.true(record.after?.peers.some(({ host }) => host === withGuest));
  });
}
