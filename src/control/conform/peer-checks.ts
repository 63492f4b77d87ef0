/** What a host's ways to other hosts are held to. */
import type { FlowReading, LossReading, PathReading } from '../../wire/methods/conform.ts';
import type { Check, Measurement, PeerReadings } from '../../wire/routes/conform.ts';
import { judge, type Rule } from './judge.ts';
import * as values from './values.ts';

/** A megabit a second: at less, a migration of a small guest takes a quarter of an hour. Bytes a second. */
const leastThroughput = 125e3;
/** Beyond this TCP over a long way spends most of its time on what was lost (RFC 5681, 3.1, halves its window at each loss). */
const mostLoss = 0.05;

const throughput: Rule<FlowReading> = {
  name: 'nic throughput',
  text: values.flowText,
  fault: ({ perSecond }) =>
    perSecond < leastThroughput ? `less than ${values.rate(leastThroughput)} arrives` : undefined,
  limit: `at least ${values.rate(leastThroughput)} through the tunnel`,
};

const loss: Rule<LossReading> = {
  name: 'nic loss',
  text: values.lossText,
  fault: (reading) =>
    values.lossOf(reading) > mostLoss
      ? `more than ${values.percent(mostLoss)} of packets of ${reading.mtu} bytes are lost`
      : undefined,
  limit: `at most ${values.percent(mostLoss)} of uncut packets of the overlay's MTU`,
};

const tooNarrow = ({ largest, needed }: PathReading, whose: string): string | undefined =>
  largest !== undefined && largest < needed
    ? `${whose} carries packets of ${largest} bytes at most, and the overlay needs ${needed}`
    : undefined;

const outerPath: Rule<PathReading> = {
  name: 'path mtu',
  text: values.pathText,
  fault: (path) => tooNarrow(path, `the cloud's path to ${path.address}`),
  // Many clouds let no ping through to a host's own address; inside the tunnel there is no such excuse.
  unsure: ({ largest, address }) =>
    largest === undefined ? `${address} does not answer pings outside the tunnel.` : undefined,
  limit: 'the tunnel passes uncut',
};

const tunnelPath: Rule<PathReading> = {
  name: 'tunnel mtu',
  text: values.pathText,
  fault: (path) =>
    path.largest === undefined
      ? `nothing passes the tunnel to ${path.address}`
      : tooNarrow(path, `the tunnel to ${path.address}`),
  limit: 'guest networks pass uncut',
};

const none: PeerReadings = (() => {
  const skipped = { skipped: 'There is no other host that is ready.' };
  return { host: '', throughput: skipped, loss: skipped, outerPath: skipped, tunnelPath: skipped };
})();

/** A peer that was there before and is not any more: nothing can be said of the way to it. */
function again(after: Measurement | null, host: string): PeerReadings | undefined {
  if (after === null) return undefined;
  const skipped = { skipped: `${host} was not ready any more.` };
  const gone = { host, throughput: skipped, loss: skipped, outerPath: skipped, tunnelPath: skipped };
  return after.peers.find((peer) => peer.host === host) ?? gone;
}

function checksOf(before: PeerReadings, after: PeerReadings | undefined): Check[] {
  const checks = [
    judge(throughput, before.throughput, after?.throughput),
    judge(loss, before.loss, after?.loss),
    judge(outerPath, before.outerPath, after?.outerPath),
    judge(tunnelPath, before.tunnelPath, after?.tunnelPath),
  ];
  return before.host === ''
    ? checks
    : checks.map((check) => ({ ...check, name: `${check.name}, ${before.host}` }));
}

/** Of the peers that there were before the reboot; without any, that is said. */
export const peerChecks = (before: Measurement, after: Measurement | null): Check[] =>
  before.peers.length === 0
    ? checksOf(none, undefined)
    : before.peers.flatMap((peer) => checksOf(peer, again(after, peer.host)));
