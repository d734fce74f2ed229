// What cleanup reads of all that has expired, before statistics tell of it.
import type { TransactionSql } from 'postgres';
import { beforeAll, expect, test } from 'vitest';
import { addCrowd } from '../bench/crowd.ts';
import { createDatabase } from '../support/database.ts';
import { makeStory } from '../support/story.ts';

const database = await createDatabase();
const { sql } = database;
let tenant = '';

beforeAll(async () => {
  ({ tenant } = await makeStory(database, 'acme'));
  await addCrowd(sql, { tenant, client: 'portal' }, 6_000);
}, 60_000);

/** Statements by which thousands of rows of a table have expired. */
const expiring: Record<string, () => string> = {
  token_families: () => `
    update pgrant.token_families set idle_expires_at = now() - interval '30 days', sweep_after = current_date - 20`,
  grants: () => `
    update pgrant.grants set consent_expires_at = now() - interval '2 hours', expires_at = now() - interval '1 hour'`,
  clients: () => `
    insert into pgrant.clients
    select made.* from pgrant.clients c
     cross join lateral generate_series(1, 3000) n
     cross join lateral jsonb_populate_record(c, jsonb_build_object('client_id', 'gone-' || n, 'registered_at', now() - interval '1 day',
       'registration_token_hash', sha256(n::text::bytea), 'expires_at', now() - interval '1 hour')) made
     where c.tenant_id = '${tenant}' and c.client_id = 'portal'`,
  client_secrets: () => `
    insert into pgrant.client_secrets (tenant_id, client_id, secret_hash, created_at, expires_at)
    select '${tenant}', 'portal', sha256(n::text::bytea), now() - interval '1 day', now() - interval '1 hour'
      from generate_series(1, 3000) n`,
  // In no partition: all of it is in the default one.
  revoked_tokens: () => `
    insert into pgrant.revoked_tokens (tenant_id, jti, expires_at)
    select '${tenant}', n::text, timestamptz '2020-05-05 12:00+00' from generate_series(1, 3000) n`,
};

const reading = (table: string) => `
  select coalesce(sum(idx_tup_fetch + seq_tup_read), 0)::integer as rows from pg_stat_xact_user_tables
   where schemaname = 'pgrant' and relname ~ '^${table}(_default|_[0-9]+)?$'`;

/** Calls the janitor in a transaction that is undone; gives how many rows of the table it read. */
async function rowsRead(
  table: string,
  make: string,
  clean: (own: TransactionSql) => Promise<void>,
) {
  const undone = new Error('undone');
  let read = 0;
  const cleaning = sql.begin(async (own) => {
    await own`set local session_replication_role = replica`;
    await own.unsafe(make);
    await own`set local session_replication_role = origin`;
    const [before] = await own.unsafe(reading(table));
    await clean(own);
    const [after] = await own.unsafe(reading(table));
    read = after?.rows - before?.rows;
    throw undone;
  });
  await expect(cleaning).rejects.toBe(undone);
  return read;
}

async function remove(own: TransactionSql, table: string, limit: number): Promise<number> {
  const [row] = await own`select pgrant_ops.expired_delete(${table}, ${limit})::integer as deleted`;
  return row?.deleted;
}

test.each(Object.entries(expiring))(
  'a batch of %s reads no more than it deletes',
  async (table, make) => {
    // More often than a plan is made for the very places that were found.
    const [batches, batch] = [8, 50];
    const read = await rowsRead(table, make(), async (own) => {
      for (let n = 0; n < batches; n++) expect(await remove(own, table, batch)).toBe(batch);
    });
    expect(read).toBeGreaterThanOrEqual(batches * batch);
    // Within one transaction each batch passes those that the batches before have deleted.
    expect(read).toBeLessThan(batches * batches * batch);
  },
);

test('the history of grants that have expired is read grant by grant', async () => {
  const make = `
    ${expiring.grants?.()};
    insert into pgrant.grant_history (tenant_id, grant_id, user_id, client_id, scopes, resources, consent_expires_at, valid, cause)
    select tenant_id, grant_id, user_id, client_id, scopes, '{}', consent_expires_at, tstzrange(now() - interval '1 day', null), 'grant.create'
      from pgrant.grants on conflict do nothing`;
  const read = await rowsRead('grant_history', make, async (own) => {
    expect(await remove(own, 'grants', 50)).toBe(50);
  });
  expect(read).toBeGreaterThanOrEqual(50);
  expect(read).toBeLessThan(200);
});

test('a partition that is dropped whole is not read for what the default one holds', async () => {
  const make = `
    insert into pgrant.revoked_tokens (tenant_id, jti, expires_at)
    select '${tenant}', n::text, now() - n * interval '1 microsecond' from generate_series(1, 3000) n;
    insert into pgrant.revoked_tokens (tenant_id, jti, expires_at)
    values ('${tenant}', 'later', now() + interval '10 years'), ('${tenant}', 'past', now() - interval '40 days')`;
  const read = await rowsRead('revoked_tokens', make, async (own) => {
    expect(await remove(own, 'revoked_tokens', 1_000)).toBe(1);
  });
  expect(read).toBeLessThan(10);
});

test('whatever expires has an index in the order in which it is deleted', async () => {
  const rows = await sql`
    select t.table_name as name, o.its_order,
           array(select regexp_replace(pg_get_indexdef(i.indexrelid, 1, true), '::text', '', 'g') from pg_index i
                  where i.indrelid = coalesce(to_regclass('pgrant.' || t.table_name || '_default'), ('pgrant.' || t.table_name)::regclass)) as first
      from pgrant_ops.expired_tables() t cross join pgrant_rules.expired_rows(t.table_name) o`;
  expect(rows.length).toBeGreaterThan(30);
  for (const { name, its_order, first } of rows) {
    const order = its_order.replaceAll('d.', '').toLowerCase();
    expect([
      name,
      first.map((one: string) => one.toLowerCase().replace(/^\((.*)\)$/, '$1')),
    ]).toEqual([name, expect.arrayContaining([order])]);
  }
});
