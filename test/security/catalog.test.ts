import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { auditorRules } from './auditor-rules.ts';
import { commentRules } from './comment-rules.ts';
import { functionRules } from './function-rules.ts';
import { historyRules } from './history-rules.ts';
import { identityRules } from './identity-rules.ts';
import { roleRules } from './role-rules.ts';
import type { Rule } from './rule.ts';
import { tableRules } from './table-rules.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});

class Undo extends Error {}

/** What a rule finds after a change that is undone. */
async function after(change: string, query: string): Promise<unknown[]> {
  let found: unknown[] = [];
  const changed = database.sql.begin(async (sql) => {
    await sql.unsafe(change);
    found = await sql.unsafe(query);
    throw new Undo();
  });
  await expect(changed).rejects.toBeInstanceOf(Undo);
  return found;
}

function check(rules: Rule[]) {
  describe.each(rules)('$name', ({ query, broken }) => {
    test('holds', async () => {
      expect([...(await database.sql.unsafe(query))]).toEqual([]);
    });

    test.each(broken)('would notice: %s', async (change) => {
      expect(await after(change, query)).not.toEqual([]);
    });
  });
}

describe('tables', () => check(tableRules));
describe('functions', () => check(functionRules));
describe('roles', () => check(roleRules));
describe('history', () => check(historyRules));
describe('identity', () => check(identityRules));
describe('auditors', () => check(auditorRules));
describe('comments', () => check(commentRules));

test('SQL files have no tabs and no trailing spaces, and only the text of a comment is wider than 140', () => {
  const root = fileURLToPath(new URL('../../sql', import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const faults = files
    .filter((file) => file.endsWith('.sql') && file !== 'schema.sql')
    .flatMap((file) => {
      const lines = readFileSync(join(root, file), 'utf8').split('\n');
      return lines
        .map((line, index) => ({ line, at: `${file}:${index + 1}` }))
        .filter(({ line }) => /\t|\s$/.test(line) || (line.length > 140 && !isText(line)));
    });
  expect(faults).toEqual([]);
});

function isText(line: string): boolean {
  return /^(comment on | {2}')/.test(line);
}
