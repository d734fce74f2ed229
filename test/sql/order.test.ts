// The order in which a DBA reads the functions, and in which they are loaded: sql/functions/ORDER.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { functionFiles } from '../../src/release/release-hash.ts';
import { statements } from '../../src/release/statements.ts';
import { createDatabase } from '../support/database.ts';
import { releaseWithout } from '../support/sql.ts';

const folder = fileURLToPath(new URL('../../sql', import.meta.url));
const files = functionFiles(folder).map((name) => name.replace('functions/', ''));
const text = (file: string) => readFileSync(`${folder}/functions/${file}`, 'utf8');
const lines = (part: string) => part.trimEnd().split('\n').length;

/** Longer than the limit, and why. */
const long: Record<string, string> = {
  'pgrant_report.audit_actions': 'a list: one line per action',
  'pgrant_rules.admin_operations': 'a list: one line per operation',
};

const name = /^create (?:or replace )?(?:function|type|view) (pgrant_\w+\.\w+)/;
const definitions = files.flatMap((file) =>
  statements(text(file)).flatMap(({ text: statement }) => {
    const defined = name.exec(statement)?.[1];
    return defined ? [{ file, defined, statement }] : [];
  }),
);
const firstAt = new Map<string, number>();
for (const { file, defined } of definitions) {
  if (!firstAt.has(defined)) firstAt.set(defined, files.indexOf(file));
}

/** What a file says, without comments and texts: hints and lists of names are for people. */
const code = (file: string) =>
  text(file)
    .replace(/--[^\n]*/g, '')
    .replace(/'(?:''|[^'])*'/g, "''");

test('ORDER has every file once', () => {
  const found = readdirSync(`${folder}/functions`, { recursive: true, encoding: 'utf8' });
  expect(files.toSorted()).toEqual(found.filter((file) => file.endsWith('.sql')).toSorted());
});

test('no file refers to what comes in a later one', () => {
  const forward = files.flatMap((file, at) =>
    [...new Set(code(file).match(/pgrant_(?:rules|api|ops|report)\.\w+/g))]
      .filter((used) => (firstAt.get(used) ?? -1) > at)
      .map((used) => `${file}: ${used}`),
  );
  expect(forward).toEqual([]);
});

test('rights and owners are given in the last file and in no other', () => {
  expect(files.at(-1)).toBe('rights.sql');
  const given = files.slice(0, -1).flatMap((file) =>
    statements(text(file))
      .filter(({ text: one }) => /^(grant|revoke|set (local )?role|alter (?!type))/i.test(one))
      .map(({ line }) => `${file}:${line}`),
  );
  expect(given).toEqual([]);
});

test('a file has at most 250 lines and a function at most 80, but for those that are named', () => {
  expect(files.filter((file) => lines(text(file)) > 250)).toEqual([]);
  const over = definitions.filter(({ statement }) => lines(statement) > 80);
  expect(over.map(({ defined }) => defined)).toEqual(Object.keys(long));
});

describe('an option is a folder that could be left out', () => {
  const hooks = definitions
    .filter(({ file }) => file.startsWith('core/hooks'))
    .map((one) => one.defined);

  test('the core calls an option by a hook and by no other name', () => {
    const replaced = definitions.filter(({ statement }) =>
      statement.startsWith('create or replace'),
    );
    expect(replaced.map(({ defined }) => defined).toSorted()).toEqual(hooks.toSorted());
    expect(replaced.filter(({ file }) => !file.startsWith('options/'))).toEqual([]);
  });

  const options = [
    ...new Set(
      files.filter((file) => file.startsWith('options/')).map((file) => file.split('/')[1] ?? ''),
    ),
  ];
  const optionOf = (file: string) => file.split('/')[file.startsWith('options/') ? 1 : 0] ?? '';
  // What an option stands on, and cannot be without.
  const standsOn: Record<string, string[]> = {
    'client-documents': ['registration'],
    developer: ['account'],
    'second-factor': ['account'],
    'sender-constrained': ['client-keys'],
  };

  test.each(options)('nothing names what %s defines, but for what stands on it', (option) => {
    const own = new Set(
      definitions
        .filter(({ file, defined }) => optionOf(file) === option && !hooks.includes(defined))
        .map(({ defined }) => defined),
    );
    const users = files
      .filter((file) => optionOf(file) !== option && !standsOn[optionOf(file)]?.includes(option))
      .flatMap((file) =>
        [...new Set(code(file).match(/pgrant_(?:rules|api|ops|report)\.\w+/g))]
          .filter((used) => own.has(used))
          .map((used) => `${file}: ${used}`),
      );
    expect(users).toEqual([]);
  });

  test('the core is released without any', async () => {
    const database = await createDatabase({ empty: true });
    await releaseWithout(database.url('postgres'), options);
    const [row] =
      await database.sql`select count(*)::int as n from pg_proc where proname = 'refresh_rotate'`;
    expect(row?.n).toBe(1);
  });
});
