/** ava's settings for the suites that package.json leaves out; which one, the runner says. */
const { BLANKET_SUITE: directory, BLANKET_SUITE_SILENCE: timeout } = process.env;

module.exports = {
  extensions: { ts: 'module' },
  files: [`${directory}/**/*.test.ts`],
  timeout,
};
