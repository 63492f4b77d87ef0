/** What goes on while a guest travels, and what must be true of it when the guest is back. */
import { createHash } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import type { Fleet } from '../fleet.ts';
import { type Callee, openCallee, worldAddress } from './callee.ts';
import { beatOf, bring, downloadOf, type Flow, startFlow } from './flows.ts';
import { addressOf, eventually, inGuest, onHost, there, wanAddressOf } from './places.ts';

/** `call` is the travelling guest's own, to a server in the world. */
export type Journey = { downloads: Flow[]; beats: Flow[]; session: Flow; call: Flow; callee: Callee };
/**
 * `from` stays, as a guest and on a host; `through` is the host whose published ports lead to `to` from outside, and by which
 * `to` reaches the world.
 */
export type Ways = { from: { guest: string; host: string }; to: string; through: string };

/** On a host; `download` is published TCP port 80 of the guest, `beat` its UDP port 7000. */
export const ports = { download: 8080, beat: 7000 } as const;

const perl = 'perl /tmp/traveller.pl';

export async function depart(fleet: Fleet, { from, to, through }: Ways): Promise<Journey> {
  const [inside, outside, traveller] = [inGuest(fleet, from.guest), onHost(from.host), inGuest(fleet, to)];
  for (const place of [inside, outside, traveller]) await bring(fleet, place);
  const callee = await openCallee();
  const [guest, host] = [await addressOf(fleet, to), await wanAddressOf(fleet, through)];
  return {
    downloads: [
      startFlow(fleet, inside, `${perl} download ${guest} 80`),
      startFlow(fleet, outside, `${perl} download ${host} ${ports.download}`),
    ],
    beats: [
      startFlow(fleet, inside, `${perl} beat ${guest} 7000`),
      startFlow(fleet, outside, `${perl} beat ${host} ${ports.beat}`),
    ],
    call: startFlow(fleet, traveller, `${perl} call ${worldAddress} ${callee.port}`),
    callee,
    session: startFlow(
      fleet,
      traveller,
      'i=0; until [ -e /run/stop ]; do i=$((i+1)); echo $i; sleep 0.2; done',
    ),
  };
}

/** Every heartbeat goes on, with twenty more answers soon, and so does the guest's own connection. */
export async function answered({ beats: [guest, host], callee }: Journey): Promise<void> {
  const lengths: [string, () => number][] = [
    ["the other guest's beat", () => guest?.output().length ?? 0],
    ["the host's beat", () => host?.output().length ?? 0],
    ["the guest's call", () => callee.lines().length],
  ];
  const goesOn = async ([what, length]: (typeof lengths)[number]) => {
    const before = length();
    await eventually(`more of ${what}`, 60_000, async () => length() > before || undefined);
  };
  await Promise.all(lengths.map(goesOn));
}

/** All of them were still going on; now they end, and nothing is missing. */
export async function arrive(t: ExecutionContext<Fleet>, fleet: Fleet, { to }: Ways, journey: Journey) {
  const { downloads, beats, session, call, callee } = journey;
  for (const flow of [...downloads, ...beats, session, call])
    t.true(flow.isRunning(), flow.output().slice(-300));
  await there(fleet, inGuest(fleet, to), 'touch /run/stop');
  for (const flow of downloads) {
    const { last, sha256 } = downloadOf(await flow.end());
    t.is(sha256, sumOfNumbers(last));
    t.log(`a download of the numbers up to ${last} is whole`);
  }
  for (const [index, flow] of beats.entries()) {
    const { sent, received, gapMs } = beatOf(await flow.end());
    const where = index === 0 ? 'another guest' : 'outside';
    t.log(`heartbeat from ${where}: ${received} of ${sent} answered, longest gap ${gapMs} ms`);
  }
  const lines = (await session.end()).trim().split('\n').map(Number);
  t.true(lines.length > 10 && lines.every((line, index) => line === index + 1));
  t.log(`an SSH session printed ${lines.length} lines in order`);
  await call.end();
  const heard = callee.lines();
  t.is(callee.calls(), 1);
  t.true(heard.length > 10 && heard.every((line, index) => line === `${index + 1}`), heard.at(-1));
  t.log(`the guest's own connection to the world brought ${heard.length} lines in order`);
  await callee.close();
}

function sumOfNumbers(last: number): string {
  const hash = createHash('sha256');
  for (let number = 1; number <= last; number++) hash.update(`${number}\n`);
  return hash.digest('hex');
}
