/** What goes on while a guest travels, and what must be true of it when the guest is back. */
import { createHash } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import type { Fleet } from '../fleet.ts';
import { beatOf, bring, downloadOf, type Flow, startFlow } from './flows.ts';
import { addressOf, eventually, inGuest, onHost, there, wanAddressOf } from './places.ts';

/** `call` is the travelling guest's own, to a server outside; `server` tells what came of it, and from which address. */
export type Journey = { downloads: Flow[]; beats: Flow[]; session: Flow; call: Flow; server: Flow };
/**
 * `from` stays, as a guest and on a host; `through` is the host whose published ports lead to `to` from outside, `out` the one
 * by which `to` reaches the outside.
 */
export type Ways = { from: { guest: string; host: string }; to: string; through: string; out: string };

/** On a host; `download` is published TCP port 80 of the guest, `beat` its UDP port 7000. */
export const ports = { download: 8080, beat: 7000 } as const;
const serverPort = 9000;

const perl = 'perl /tmp/traveller.pl';

export async function depart(fleet: Fleet, { from, to, through }: Ways): Promise<Journey> {
  const [inside, outside, traveller] = [inGuest(fleet, from.guest), onHost(from.host), inGuest(fleet, to)];
  for (const place of [inside, outside, traveller]) await bring(fleet, place);
  const around = await wanAddressOf(fleet, from.host);
  const server = startFlow(fleet, outside, `${perl} listen ${around} ${serverPort}`);
  await eventually('the server listens', 60_000, async () => server.output().length > 0 || undefined);
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
    call: startFlow(fleet, traveller, `${perl} call ${around} ${serverPort}`),
    server,
    session: startFlow(
      fleet,
      traveller,
      'i=0; until [ -e /run/stop ]; do i=$((i+1)); echo $i; sleep 0.2; done',
    ),
  };
}

/** Every heartbeat goes on, with twenty more answers soon, and so does the guest's own connection. */
export async function answered({ beats, server }: Journey): Promise<void> {
  const flows = [...beats, server];
  const told = flows.map((flow) => flow.output().length);
  await eventually('what goes on is answered', 60_000, async () =>
    flows.every((flow, index) => flow.output().length > (told[index] ?? 0)) ? true : undefined,
  );
}

/** All of them were still going on; now they end, and nothing is missing. */
export async function arrive(t: ExecutionContext<Fleet>, fleet: Fleet, { to, out }: Ways, journey: Journey) {
  const { downloads, beats, session, call, server } = journey;
  for (const flow of [...downloads, ...beats, session, call, server])
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
  const heard = (await server.end()).trim().split('\n').slice(1);
  const egress = await wanAddressOf(fleet, out);
  t.true(heard.length > 10 && heard.every((line, index) => line === `${egress} ${index + 1}`), heard.at(-1));
  t.log(`the guest's own connection brought ${heard.length} lines in order, all from its egress host`);
}

function sumOfNumbers(last: number): string {
  const hash = createHash('sha256');
  for (let number = 1; number <= last; number++) hash.update(`${number}\n`);
  return hash.digest('hex');
}
