// The house: what src/README.md says of the rooms, held against every import there is.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const filesOf = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(ts|js|sh)$/.test(name),
  );
const sources = filesOf('src');
const text = (file: string) => readFileSync(join(root, 'src', file), 'utf8');

/** What each file imports of the others, by import or export, for types too, at once or later. */
const imports = new Map(sources.map((file) => [file, importsOf(file)]));
const roomOf = (file: string) => file.split('/')[0] ?? file;

function importsOf(file: string): string[] {
  const found = text(file).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.{1,2}\/[^']+)'/g);
  const folder = join(root, 'src', dirname(file));
  return [...found].map(([, name = '']) => relative(join(root, 'src'), resolve(folder, name)));
}

/** room -> the rooms that it may import from. */
const allowed = readTable();
const everywhere = ['log.ts', 'version.ts'];
const pure = ['protocol', 'resource', ...everywhere];

function readTable(): Map<string, string[]> {
  const rows = readFileSync(join(root, 'src/README.md'), 'utf8').matchAll(
    /^\| `([^`]+)` \|[^|]*\|([^|]*)\|$/gm,
  );
  return new Map(
    [...rows].map(([, room = '', list = '']) => [
      room,
      [...list.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
    ]),
  );
}

function mayImport(room: string): string[] {
  return [...(allowed.get(room) ?? []), ...(pure.includes(room) ? [] : everywhere)];
}

/** A way from a node back to itself, or undefined. */
function circleIn(edges: Map<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const walk = (node: string, way: string[]): string[] | undefined => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of edges.get(node) ?? []) {
      const circle = walk(next, [...way, node]);
      if (circle) return circle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const circle = walk(node, []);
    if (circle) return circle;
  }
  return undefined;
}

test('every import that is relative names a file [src/README.md]', () => {
  const missing = [...imports].flatMap(([file, names]) =>
    names.filter((name) => !sources.includes(name)).map((name) => `${file} -> ${name}`),
  );
  // bin.js hands over to another Node.js, and package.json is read where the version is.
  expect(missing.filter((one) => !one.includes('package.json'))).toEqual([]);
  expect([...imports.values()].flat().length).toBeGreaterThan(500);
});

test('no file imports itself by way of others, types included [src/README.md]', () => {
  expect(circleIn(imports)).toBeUndefined();
});

test('rooms import only along the arrows of the table, and every arrow is used [src/README.md]', () => {
  const used = new Map<string, Set<string>>();
  for (const [file, names] of imports) {
    for (const name of names) {
      const [from, to] = [roomOf(file), roomOf(name)];
      if (from !== to) used.set(from, (used.get(from) ?? new Set()).add(to));
    }
  }
  const forbidden = [...used].flatMap(([from, rooms]) =>
    [...rooms].filter((to) => !mayImport(from).includes(to)).map((to) => `${from} -> ${to}`),
  );
  expect(forbidden).toEqual([]);
  const unused = [...allowed].flatMap(([from, rooms]) =>
    rooms.filter((to) => !used.get(from)?.has(to)).map((to) => `${from} -> ${to}`),
  );
  expect(unused).toEqual([]);
});

test('the arrows have no circle, and the table has every room [src/README.md]', () => {
  expect(circleIn(new Map([...allowed.keys()].map((room) => [room, mayImport(room)])))).toBe(
    undefined,
  );
  const rooms = new Set(sources.map(roomOf).filter((room) => room !== 'bin.js'));
  expect([...allowed.keys()].sort()).toEqual([...rooms].sort());
});

test('the linter refuses each arrow that the table does not have [.biome.jsonc]', () => {
  const config = readFileSync(join(root, '.biome.jsonc'), 'utf8').replace(/^\s*\/\/.*$/gm, '');
  type Override = {
    includes: string[];
    linter: { rules: { style?: { noRestrictedImports?: Rule } } };
  };
  type Rule = { options: { patterns: { group: string[] }[] } };
  const { overrides } = JSON.parse(config) as { overrides: Override[] };
  const refused = new Map<string, string[]>();
  for (const { includes, linter } of overrides) {
    const rule = linter.rules.style?.noRestrictedImports;
    if (!rule) continue;
    // Options of a later override replace those of an earlier one: each room has all of its own.
    expect(includes).toHaveLength(1);
    const room = includes[0]?.replace(/^src\/(.*?)(\/\*\*)?$/, '$1') ?? '';
    refused.set(
      room,
      rule.options.patterns.flatMap(({ group }) => group),
    );
  }
  for (const room of allowed.keys()) {
    const wanted = [...allowed.keys()]
      .filter((other) => other !== room && !mayImport(room).includes(other))
      .map((other) => (other.endsWith('.ts') ? `**/${other}` : `**/${other}/**`));
    expect({ room, refused: refused.get(room)?.toSorted() }).toEqual({
      room,
      refused: wanted.toSorted(),
    });
  }
});

test('a file name is kebab-case, and no other file of src has it [src/README.md]', () => {
  const tests = filesOf('test').filter((name) => !name.startsWith('golden'));
  const crooked = [...sources, ...tests].filter(
    (name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.config|\.d)?\.(ts|js|sh)$/.test(basename(name)),
  );
  expect(crooked).toEqual([]);
  const names = sources.map((file) => basename(file));
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});

test('a file of src has at most 200 lines, but for what is generated', () => {
  const generated = ['db/bindings.ts', 'endpoints/admin-api/operations.ts', 'settings/stored.ts'];
  const long = sources.filter(
    (file) => !generated.includes(file) && text(file).split('\n').length - 1 > 200,
  );
  expect(long).toEqual([]);
});

test('the application hands nothing over by a private field of a library', () => {
  for (const file of sources.filter((name) => /^(app\.ts$|http\/)/.test(name))) {
    expect(text(file)).not.toMatch(/newRouterPath|_matchedRoute|\b(exchange|ctx)\._/);
  }
});

test('a subject has the same word in src/endpoints, sql/functions and test [README.md]', () => {
  const all = (folder: string) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  const subjects = readdirSync(join(root, 'src/endpoints')).filter((name) => !name.includes('.'));
  expect(subjects.length).toBeGreaterThan(8);
  // Metadata is made from the tenant, and asks nothing of its own.
  const inSql = new Set([
    'discovery',
    ...all('sql/functions').map((name) => basename(name, '.sql')),
  ]);
  expect(subjects.filter((word) => !inSql.has(word))).toEqual([]);
  const tests = all('test').filter((name) => name.endsWith('.test.ts'));
  const tested = (word: string) => tests.some((name) => basename(name).startsWith(word));
  expect(subjects.filter((word) => !tested(word))).toEqual([]);
});
