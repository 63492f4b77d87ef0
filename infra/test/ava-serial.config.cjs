const { basename } = require('node:path');

/** ava's settings for the suites that package.json leaves out; which one, the runner says. */
const { BLANKET_SUITE: directory, BLANKET_SUITE_SILENCE: timeout } = process.env;

/** Those of half a minute and more, so that none of them is begun last and runs alone at the end. */
const longest = ['objective', 'tunnel-detour', 'routes', 'egress', 'tunnel-keys', 'guests', 'repair'];
const place = (file) => {
  const index = longest.indexOf(basename(file, '.test.ts'));
  return index < 0 ? longest.length : index;
};

module.exports = {
  extensions: { ts: 'module' },
  files: [`${directory}/**/*.test.ts`],
  sortTestFiles: (one, other) => place(one) - place(other) || (one < other ? -1 : 1),
  timeout,
};
