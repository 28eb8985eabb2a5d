import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { build, type Metafile } from 'esbuild';

/** The three rules over imports that keep judgement pure, the API server in one place, and the operator off nodes. */
const root = join(import.meta.dirname, '..');
const sources = globSync('src/**/*.ts', { cwd: root }).map((path) => path.replaceAll('\\', '/'));

/** Import is one import that is left when types are erased: of a file of ours, or of a package. */
interface Import {
  readonly from: string;
  readonly to: string;
  readonly external: boolean;
}

let imports: readonly Import[] = [];

before(async () => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: sources,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    metafile: true,
    write: false,
    outdir: 'out',
    logLevel: 'silent',
  });
  imports = importsOf(metafile);
});

function importsOf({ inputs }: Metafile): readonly Import[] {
  // One file names files inside a package, and what these import is the package's own affair.
  const ours = Object.entries(inputs).filter(([from]) => !from.startsWith('node_modules/'));
  return ours.flatMap(([from, { imports }]) =>
    imports.map(({ path, external }) => ({ from, to: path, external: external === true })),
  );
}

/** offenders are the imports that break a rule, as people read them. */
function offenders(breaks: (each: Import) => boolean): readonly string[] {
  return imports.filter(breaks).map(({ from, to }) => `${from} imports ${to}`);
}

/** reached is every file that a file needs in order to run. */
function reached(from: string, seen = new Set<string>()): ReadonlySet<string> {
  for (const { from: importer, to, external } of imports) {
    if (importer !== from || external || seen.has(to)) continue;
    seen.add(to);
    reached(to, seen);
  }
  return seen;
}

/** pure is what must give the same answer to the same question, anywhere and at any time. */
function pure(path: string): boolean {
  if (/^src\/(api|plan)\//.test(path)) return true;
  return /^src\/checks\//.test(path) && !/^src\/checks\/[^/]+\/probe(-.*)?\.ts$/.test(path) && !onNode(path);
}

/** onNode is what runs on a node, with nothing of the operator in it. */
function onNode(path: string): boolean {
  return /^src\/(probe|responder)(\/|\.ts$)/.test(path) || /^src\/checks\/[^/]+\/probe\.ts$/.test(path);
}

/** harmless are the modules of Node.js that neither read nor write anything outside of the process's own memory. */
const harmless: ReadonlySet<string> = new Set([
  'node:crypto',
  'node:zlib',
  'node:util',
  'node:assert',
  'node:buffer',
]);
/** arithmetic are the packages that only compute. */
const arithmetic: ReadonlySet<string> = new Set(['croner', 'ipaddr.js']);
const cluster = /^src\/(cluster\/|operator\.ts$)/;

test('the sources are found, and their imports seen', () => {
  assert.ok(sources.length > 20);
  assert.ok(imports.some(({ from, to }) => from === 'src/api/crd.ts' && to === 'src/api/names.ts'));
  assert.ok(imports.some(({ from, to }) => cluster.test(from) && to === '@kubernetes/client-node'));
  assert.ok(sources.some(pure) && sources.some(onNode));
});

test('rule 1: what is pure imports only what is pure', () => {
  assert.deepEqual(
    offenders(({ from, to, external }) => {
      if (!pure(from)) return false;
      return external ? !harmless.has(to) && !arithmetic.has(to) : !pure(to);
    }),
    [],
  );
});

test('rule 1: what is pure knows no clock, no chance and no process', () => {
  const impure =
    /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bprocess\.|\brandomUUID\b|\brandomBytes\b|\bperformance\.|\bset(Timeout|Interval|Immediate)\b|\bfetch\(|\bglobalThis\b/;
  const found = sources.filter(pure).flatMap((path) =>
    code(readFileSync(join(root, path), 'utf8')).flatMap((line, index) => {
      const match = impure.exec(line);
      return match === null ? [] : [`${path}:${index + 1} has ${match[0]}`];
    }),
  );
  assert.deepEqual(found, []);
});

/** code is a source by lines, with comments blanked: they may speak of clocks. */
function code(source: string): readonly string[] {
  return source
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ' '))
    .split('\n')
    .map((line) => line.replace(/(^|\s)\/\/.*$/, ''));
}

test('rule 2: only cluster/ and the operator’s entry point talk to the API server', () => {
  const clients = ['@kubernetes/client-node', '@dot-i/k8s-operator'];
  assert.deepEqual(
    offenders(
      ({ from, to }) =>
        clients.some((name) => to === name || to.startsWith(`${name}/`)) && !cluster.test(from),
    ),
    [],
  );
});

test('rule 3: what runs on a node reaches nothing of the operator, by any way', () => {
  const operators = /^src\/(cluster|control|metrics|tools)\/|^src\/operator\.ts$/;
  const found = sources
    .filter(onNode)
    .flatMap((path) =>
      [...reached(path)].filter((to) => operators.test(to)).map((to) => `${path} reaches ${to}`),
    );
  assert.deepEqual(found, []);
});

test('rule 3: what runs on a node carries no package that only the operator needs', () => {
  const carried = ['ipaddr.js', 'dns-packet'];
  const files = new Set(sources.filter(onNode).flatMap((path) => [path, ...reached(path)]));
  assert.deepEqual(
    offenders(
      ({ from, to, external }) =>
        files.has(from) && external && !to.startsWith('node:') && !carried.includes(to),
    ),
    [],
  );
});

test('nothing imports in a circle', () => {
  assert.deepEqual(
    sources.filter((path) => reached(path).has(path)),
    [],
  );
});

test('every import of ours names its file', () => {
  const named = (to: string) => to.startsWith('node_modules/') || /\.(ts|json)$/.test(to);
  const unnamed = imports.filter(({ to, external }) => !external && !named(to));
  assert.deepEqual(unnamed, []);
});
