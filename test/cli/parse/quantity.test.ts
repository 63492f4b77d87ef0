import test from 'ava';
import { InvalidArgumentError } from 'commander';
import * as q from '../../../src/cli/parse/quantity.ts';

const good: [parse: (text: string) => number, text: string, value: number][] = [
  [q.parseSize, '128M', 128 * 2 ** 20],
  [q.parseSize, '1G', 2 ** 30],
  [q.parseSize, '1.5 GiB', 1.5 * 2 ** 30],
  [q.parseSize, '10MB', 10_000_000],
  [q.parseSize, '7b', 7],
  [q.parseMemory, '1536M', 1536],
  [q.parseMemory, '1.5g', 1536],
  [q.parseDisk, '8G', 8],
  [q.parseDisk, '2048M', 2],
  [q.parseDisk, '1T', 1024],
  [q.parseBandwidth, '25MB', 25_000_000],
  [q.parseBandwidth, '25 MB/s', 25_000_000],
  [q.parseBandwidth, '1MiB', 2 ** 20],
  [q.parseBandwidth, '200Mbit', 25_000_000],
  [q.parseBandwidth, '100kbit/s', 12_500],
  [q.parseDuration, '500ms', 500],
  [q.parseDuration, '60s', 60_000],
  [q.parseDuration, '1.5 s', 1500],
  [q.parseDuration, '2m', 120_000],
  [q.parseDuration, '0ms', 0],
  [q.parseWholeMs, '0.3s', 300],
  [q.parsePercent, '0%', 0],
  [q.parsePercent, '0.5%', 0.005],
  [q.parsePercent, '100%', 1],
];
for (const [parse, text, value] of good) {
  test(`${parse.name} reads ${text}`, (t) => t.is(parse(text), value));
}

const bad: [parse: (text: string) => number, text: string, why: RegExp][] = [
  [q.parseMemory, '128', /unit.*128M/],
  [q.parseMemory, '128MB', /whole number of MiB/],
  [q.parseMemory, '0M', /whole number of MiB/],
  [q.parseMemory, '-1M', /128M/],
  [q.parseMemory, 'lots', /128M/],
  [q.parseMemory, '', /128M/],
  [q.parseMemory, '1e3M', /128M/],
  [q.parseMemory, '12X', /`X`/],
  [q.parseDisk, '1.5G', /whole number of GiB/],
  [q.parseBandwidth, '10M', /`M`.*25MB/],
  [q.parseBandwidth, '10', /unit/],
  [q.parseBandwidth, '0MB', /more than nothing/],
  [q.parseDuration, '500', /unit.*500ms/],
  [q.parseDuration, '5 days', /`days`/],
  [q.parseWholeMs, '0s', /at least 1ms/],
  [q.parsePercent, '0.5', /unit.*0\.5%/],
  [q.parsePercent, '101%', /between/],
];
for (const [parse, text, why] of bad) {
  test(`${parse.name} refuses "${text}"`, (t) => {
    t.throws(() => parse(text), { instanceOf: InvalidArgumentError, message: why });
  });
}
