/**
 * The shape of the tree, as rules with reasons: who may import whom, which file is the door to which
 * library, and how a file may look. Among our own parts types count as imports: a type is knowledge too.
 */
import test from 'ava';
import { importsOf, inside, isOurs, list, read, sources, withoutTypes } from './source-tree.ts';

/** `may` lists directories (or single files) beside the area itself. */
type AreaRule = { area: string; may: readonly string[]; why: string };

const areaRules: readonly AreaRule[] = [
  { area: 'src/wire', may: [], why: 'both ends of every wire share it, so it may lean on neither' },
  { area: 'src/libvirt', may: [], why: 'it has never heard of Blanket and could be a package of its own' },
  { area: 'src/blanket-drivers', may: [], why: 'recognition is a pure function, tested with recorded facts' },
  { area: 'src/process', may: [], why: 'every part that runs programs stands on it' },
  { area: 'src/api-client', may: ['src/wire'], why: 'it knows the contract and nothing behind it' },
  {
    area: 'src/guest-agent',
    may: ['src/wire', 'src/libvirt', 'src/blanket-drivers', 'src/process'],
    why: 'it is bundled alone and runs on hosts, where control is not',
  },
  {
    area: 'src/control',
    may: [
      'src/wire',
      'src/blanket-drivers',
      'src/process',
      'infra/wan',
      'infra/metadata',
      'infra/build-agent.ts',
      'infra/build-web.ts',
      'images/build.ts',
      'images/recipe.ts',
    ],
    why: 'it reaches hosts only by messages: never the agent’s code, never libvirt; the local cloud needs its WAN and its metadata, a plain Debian what the host image has',
  },
  {
    area: 'src/cli',
    may: ['src/wire', 'src/api-client', 'src/process'],
    why: 'it speaks to control over the API, on one path only',
  },
  { area: 'src/web', may: ['src/wire'], why: 'it runs in browsers and knows the contract’s types alone' },
  { area: 'images', may: ['src/wire', 'src/process'], why: 'building images needs no running control' },
  { area: 'infra/wan', may: ['src/wire', 'src/process'], why: 'whoever needs it starts it, in any part' },
  {
    area: 'infra/metadata',
    may: ['src/wire', 'infra/wan/durable-file.ts'],
    why: 'it answers alone, one process a connection, and each import is loaded each time',
  },
  { area: 'infra/clean', may: ['src/wire'], why: 'it works when control is dead or of another version' },
  {
    area: 'infra/demo',
    may: ['src/wire', 'src/process', 'infra/clean'],
    why: 'it does what a user does, with the commands that a user has',
  },
  {
    area: 'infra/vagrant',
    may: ['src/wire', 'src/process', 'images', 'src/control/clouds/local-seed.ts'],
    why: 'it makes machines and says where they are; what becomes of them is for whoever uses them',
  },
  {
    area: 'infra/bench',
    may: ['src/wire', 'src/process', 'infra/demo'],
    why: 'it is the demo with another tool beside',
  },
  {
    area: 'infra/matrix',
    may: ['src/wire', 'src/process', 'src/blanket-drivers', 'infra/demo'],
    why: 'it does what a user does; the drivers tell which clouds it could not play',
  },
  {
    area: 'infra/faults',
    may: ['src/wire', 'src/process', 'src/api-client', 'src/control/clouds', 'infra/demo'],
    why: 'it does what a user does, and to the machines what fate and their clouds do',
  },
  {
    area: 'infra/bench/libvirt',
    may: ['src/libvirt', 'src/process', 'infra/libvirt'],
    why: 'it measures the libvirt client alone, which has never heard of Blanket',
  },
  {
    area: 'infra/bench/network',
    may: ['src/wire', 'src/process', 'src/control/agents', 'src/guest-agent', 'infra/bench/libvirt'],
    why: 'it measures the wire between control and agents by its two real ends, and the kernel behind it',
  },
  {
    area: 'infra/libvirt',
    may: ['src/libvirt', 'src/process'],
    why: 'a libvirtd of one’s own, for whoever tests or measures the client',
  },
];

/** The rule of an area inside another stands in the place of the outer one's. */
const areaOf = (path: string): string | undefined =>
  areaRules
    .map(({ area }) => area)
    .filter((area) => inside(path, area))
    .sort((a, b) => b.length - a.length)[0];

for (const { area, may, why } of areaRules) {
  test(`${area} imports ${may.length === 0 ? 'nothing of ours' : `only ${may.join(', ')}`}: ${why}`, (t) => {
    const allowed = (name: string) => [area, ...may].some((place) => inside(name, place) || name === place);
    const wrong = sources
      .filter((source) => areaOf(source.path) === area)
      .flatMap((source) =>
        source.imports
          .filter((name) => isOurs(name) && !allowed(name))
          .map((name) => `${source.path} -> ${name}`),
      );
    t.deepEqual(wrong, []);
  });
}

/** Where a package may be imported, by pattern of the importing file. `one` allows a single file. */
type DoorRule = { packages: RegExp; files: RegExp; one?: true; why: string };

const doorRules: readonly DoorRule[] = [
  {
    packages: /^(node:)?child_process$/,
    files: /^src\/process\/run\.ts$/,
    one: true,
    why: 'one place decides about limits, output and the lack of a shell',
  },
  { packages: /^ssh2$/, files: /^src\/control\//, one: true, why: 'pinned keys are checked in one place' },
  {
    packages: /^ws$/,
    files: /^src\/(api-client|control|guest-agent|cli)\//,
    why: 'only who serves or dials',
  },
  { packages: /^node:sqlite$/, files: /^src\/control\/store\//, why: 'the store may change its engine' },
  {
    packages: /^(fastify|@fastify\/.*|fastify-.*)$/,
    files: /^src\/control\/api\//,
    why: 'flows know no HTTP',
  },
  {
    packages: /^(preact(\/.*)?|uplot|@xterm\/.*)$/,
    files: /^src\/web\//,
    why: 'what runs in browsers runs nowhere else',
  },
  { packages: /^commander$/, files: /^src\/cli\//, why: 'only the CLI reads arguments for people' },
];

for (const { packages, files, one, why } of doorRules) {
  test(`${packages.source} is imported only by ${files.source}: ${why}`, (t) => {
    const uses = (text: string) => importsOf(withoutTypes(text)).some((name) => packages.test(name));
    const users = sources.filter((source) => uses(source.text));
    t.deepEqual(
      users.map((source) => source.path).filter((path) => !files.test(path)),
      [],
    );
    if (one)
      t.true(users.length <= 1, `more than one door: ${users.map((source) => source.path).join(', ')}`);
  });
}

test('drivers never import one another: each cloud is understood alone', (t) => {
  const registry = sources.find(({ path }) => path === 'src/blanket-drivers/registry.ts');
  const drivers = registry?.imports.filter((name) => inside(name, 'src/blanket-drivers/drivers')) ?? [];
  const wrong = sources
    .filter((source) => drivers.includes(source.path))
    .flatMap(({ path, imports }) =>
      imports.filter((name) => drivers.includes(name)).map((name) => `${path} -> ${name}`),
    );
  t.deepEqual(wrong, []);
});

test('only control’s own main imports control/api: flows know nobody who asks for them', (t) => {
  const [own, api] = ['src/control', 'src/control/api'];
  const wrong = sources.filter(
    ({ path, imports }) =>
      inside(path, own) && !inside(path, api) && imports.some((name) => inside(name, api)),
  );
  t.deepEqual(
    wrong.map(({ path }) => path),
    [`${own}/main.ts`],
  );
});

test('src/web takes types alone from src/wire: the checks of requests are control’s, and zod is no weight for a browser', (t) => {
  const wrong = sources
    .filter(({ path }) => inside(path, 'src/web'))
    .map(({ path }) => read(path, withoutTypes))
    .flatMap(({ path, imports }) =>
      imports.filter((name) => inside(name, 'src/wire')).map((name) => `${path} -> ${name}`),
    );
  t.deepEqual(wrong, []);
});

test('no default exports: a thing has one name everywhere', (t) => {
  t.deepEqual(
    sources.filter(({ text }) => /^export default\b/m.test(text)).map(({ path }) => path),
    [],
  );
});

test('no barrels: an import names the file that holds the thing', (t) => {
  const withoutComments = (text: string) =>
    text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const isBarrel = (text: string) =>
    withoutComments(text)
      .replace(/^export\b[^'";]*\bfrom\s*'[^']+';?$/gm, '')
      .trim() === '';
  t.deepEqual(
    sources.filter(({ text }) => isBarrel(text)).map(({ path }) => path),
    [],
  );
});

test('no file is longer than 250 lines: one idea each', (t) => {
  const all = [...sources, ...list('test').map((path) => read(path))];
  t.deepEqual(
    all.filter(({ text }) => text.trimEnd().split('\n').length > 250).map(({ path }) => path),
    [],
  );
});

test('no file is named for having no subject', (t) => {
  const vague = /(^|\/)(utils?|helpers?|common|manager|misc|index)\.ts$/;
  t.deepEqual(
    sources.map(({ path }) => path).filter((path) => vague.test(path)),
    [],
  );
});

test('the reader of imports sees every form', (t) => {
  const text = [
    "import a from 'a';",
    "import type { B } from 'b';",
    "import {\n  c,\n  d,\n} from './c.ts';",
    "import 'e';",
    "export { f } from './f.ts';",
    "export * from './g.ts';",
    "const h = await import('h');",
    "export const from = 'not-this';",
    "// import x from 'nor-this';",
    "const text = 'import y';",
  ].join('\n');
  t.deepEqual(importsOf(text), ['a', 'b', './c.ts', 'e', './f.ts', './g.ts', 'h']);
});
