/** What goes on while a guest travels, and what must be true of it when the guest is back. */
import { createHash } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import type { Fleet } from '../fleet.ts';
import { beatOf, bring, downloadOf, type Flow, startFlow } from './flows.ts';
import { addressOf, eventually, inGuest, onHost, there, wanAddressOf } from './places.ts';

export type Journey = { downloads: Flow[]; beats: Flow[]; session: Flow };
/** `from` stays, as a guest and on a host; `through` is the host whose published ports lead to `to` from outside. */
export type Ways = { from: { guest: string; host: string }; to: string; through: string };

/** On the host; `download` is published TCP port 80 of the guest, `beat` its UDP port 7000. */
export const ports = { download: 8080, beat: 7000 } as const;

const perl = 'perl /tmp/traveller.pl';

export async function depart(fleet: Fleet, { from, to, through }: Ways): Promise<Journey> {
  const [inside, outside] = [inGuest(fleet, from.guest), onHost(from.host)];
  for (const place of [inside, outside]) await bring(fleet, place);
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
    session: startFlow(
      fleet,
      inGuest(fleet, to),
      'i=0; until [ -e /run/stop ]; do i=$((i+1)); echo $i; sleep 0.2; done',
    ),
  };
}

/** Every heartbeat goes on: twenty more answers of each, soon. */
export async function answered({ beats }: Journey): Promise<void> {
  const told = beats.map((beat) => beat.output().length);
  await eventually('each heartbeat is answered', 60_000, async () =>
    beats.every((beat, index) => beat.output().length > (told[index] ?? 0)) ? true : undefined,
  );
}

/** All of them were still going on; now they end, and nothing is missing. */
export async function arrive(t: ExecutionContext<Fleet>, fleet: Fleet, guest: string, journey: Journey) {
  const { downloads, beats, session } = journey;
  for (const flow of [...downloads, ...beats, session]) t.true(flow.isRunning(), flow.output().slice(-300));
  await there(fleet, inGuest(fleet, guest), 'touch /run/stop');
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
}

function sumOfNumbers(last: number): string {
  const hash = createHash('sha256');
  for (let number = 1; number <= last; number++) hash.update(`${number}\n`);
  return hash.digest('hex');
}
