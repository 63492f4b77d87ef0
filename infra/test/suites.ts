/** The suites: what each holds, and how ava is to run it. */
import { join } from 'node:path';

export type Suite = {
  name: string;
  /** Directory whose absence or emptiness means that the suite has no tests. */
  directory: string;
  avaArguments: readonly string[];
  env: Record<string, string>;
};

/** Code without its types, and compiled, is kept between processes: hundreds of them begin with the same files. */
const compiled = { NODE_COMPILE_CACHE: join(import.meta.dirname, '../../node_modules/.cache/compiled') };
const config = join(import.meta.dirname, 'ava-serial.config.cjs');

/** Serial, since a nested VM wants all the processors there are. Limits are for silence, not for the whole. */
const serial = (name: string, directory: string, silence: string): Suite => ({
  name,
  directory,
  avaArguments: ['--serial', '--concurrency', '1', '--config', config],
  env: { BLANKET_SUITE: directory, BLANKET_SUITE_SILENCE: silence },
});

/** Its tests build on one another: what comes after the first that fails says nothing, and may take an hour for it. */
const untilOneFails = (suite: Suite): Suite => ({
  ...suite,
  avaArguments: ['--fail-fast', ...suite.avaArguments],
});

/**
 * Two files at a time, and the tests of a file one after the other: they wait more than they compute, and each has network
 * namespaces or a libvirtd of its own. More than two would make what is waited for late on two processors.
 */
const inPairs = (name: string, directory: string, silence: string): Suite => ({
  name,
  directory,
  avaArguments: ['--concurrency', '2', '--config', config],
  env: { ...compiled, BLANKET_SUITE: directory, BLANKET_SUITE_SILENCE: silence },
});

export const suites: readonly Suite[] = [
  { name: 'unit', directory: 'test', avaArguments: [], env: compiled },
  inPairs('integration', 'test/integration', '10m'),
  untilOneFails(serial('e2e', 'test/e2e', '40m')),
  serial('stock', 'test/stock', '40m'),
];
