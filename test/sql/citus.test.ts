// What keeps a release possible where the tables are distributed: seen on Citus 14.0.1 with PostgreSQL 18.6, held here without.
import { readdirSync, readFileSync } from 'node:fs';
import type { Sql } from 'postgres';
import { beforeAll, describe, expect, test } from 'vitest';
import { setStatementOf, statementOf } from '../../src/db/binding.ts';
import { api, ops } from '../../src/db/bindings.ts';
import { statements } from '../../src/release/statements.ts';
import { createDatabase } from '../support/database.ts';

let sql: Sql;

beforeAll(async () => {
  sql = (await createDatabase()).sql;
});

const subselects = `
  select p.polrelid::regclass::text as table, p.polname as policy from pg_policy p
   where concat(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) ~* '\\mselect\\M'`;

test('no policy has a sub-select ["unexpected non-SELECT command in SubLink"]', async () => {
  expect(await sql.unsafe(subselects)).toEqual([]);
  await sql.unsafe(
    `create policy broken on pgrant.users to pgrant_janitor using (exists (select from pgrant.issuers))`,
  );
  expect(await sql.unsafe(subselects)).toEqual([{ table: 'pgrant.users', policy: 'broken' }]);
  await sql.unsafe('drop policy broken on pgrant.users');
});

/** The constraints that a statement adds to a table that is there, and what else it does. */
function alteration(text: string): { constraints: number; others: number } | undefined {
  if (!/^alter table pgrant\./.test(text)) return undefined;
  const constraints = text.match(/\badd (constraint|check|unique|foreign|exclude|primary)\b/g);
  const others = text.match(/\b(add column|drop column|alter column)\b/g);
  return { constraints: constraints?.length ?? 0, others: others?.length ?? 0 };
}

const alone = (text: string) => {
  const { constraints = 0, others = 0 } = alteration(text) ?? {};
  return constraints === 0 || constraints + others === 1;
};

test('a constraint comes to a table in a statement of its own ["with other subcommands"]', () => {
  const folder = new URL('../../sql/tables/', import.meta.url);
  const files = readdirSync(folder).filter((file) => /^\d+\.do\..*\.sql$/.test(file));
  const together = files.flatMap((file) =>
    statements(readFileSync(new URL(file, folder), 'utf8'))
      .filter(({ text }) => !alone(text))
      .map(({ line }) => `${file}:${line}`),
  );
  expect(together).toEqual([]);
  expect(alone('alter table pgrant.users add column x int, add constraint y check (x > 0)')).toBe(
    false,
  );
});

describe('a call finds the node of its tenant by its first argument', () => {
  // They read what is the same on every node.
  const everywhere = ['health_read', 'tenant_find'];

  test('which every function of pgrant_api but those of the catalogue has', async () => {
    const found = await sql`
      select p.proname from pg_proc p
       where p.pronamespace = 'pgrant_api'::regnamespace and p.proargnames[1] is distinct from 'p_tenant'
       order by 1`;
    expect(found.map(({ proname }) => proname)).toEqual(everywhere);
  });

  test.each(Object.entries({ ...api, ...ops }))('%s is called bare', (_, binding) => {
    const text = binding.isSet ? setStatementOf(binding, 1) : statementOf(binding, {});
    expect(text).toMatch(/^select \* from pgrant_(api|ops)\.\w+\([^()]*\)$/);
    // Citus hands it on as the cast of a cstring: "cannot cast type cstring to text[]".
    expect(text).not.toMatch(/text::[\w. ]+\[\]/);
  });
});
