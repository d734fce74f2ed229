// A round of the worker over many tenants of which few have work: what it takes, and what comes of it.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import type { Place } from './flows.ts';
import { type Cluster, startWeb, startWorker } from './programs.ts';
import { keepRefreshing } from './refreshing.ts';
import { workerTasks } from './tasks.ts';

const tenants = 10_000;
const busy = 100;
/** In which each task of a minute runs once. */
const minute = 60_000;

/** What the ids of these tenants begin with. */
const prefix = 'c1705000-0000-4000-8000-';
const ours = `tenant_id between '${prefix}000000000000' and '${prefix}ffffffffffff'`;

type Given = { cluster: Cluster; port: number; places: Place[] };

/** Has a worker make its round when each of a few among many tenants has rows that have expired and events to seal. */
export async function makeRound({ cluster, port, places }: Given): Promise<string> {
  const sql = postgres(cluster.coordinator, { max: 1, onnotice: () => {} });
  try {
    await addTenants(sql);
    await sql.unsafe('analyze');
    await workerTasks(cluster, { expire: false });
    const quiet = await lastRound(sql);
    await giveWork(sql);
    await workerTasks(cluster, { expire: false });
    const round = await lastRound(sql);
    const [left] = await sql`
      select (select count(*) from pgrant.registration_tokens where ${sql.unsafe(ours)})::int as expired,
             (select count(distinct s.tenant_id) from pgrant.audit_seals s where ${sql.unsafe(ours)})::int as sealed`;
    assert.deepEqual(left, { expired: 0, sealed: busy });
    const sum = (of: Round) => of.reduce((all, { took }) => all + took, 0);
    const slow = round.toSorted((a, b) => b.took - a.took).slice(0, 3);
    const told = slow.map(({ task, took }) => `${task} ${took} ms`).join(', ');
    const { alone, beside } = await refreshes({ cluster, port, places });
    const cost = `${alone} refreshes a minute without a worker, ${beside} with one`;
    return `${cost}; ${sum(round)} ms of ${tenants} tenants where ${busy} have work (${told}), ${sum(quiet)} ms where none has`;
  } finally {
    await removeTenants(sql).finally(() => sql.end());
  }
}

/**
 * How many refreshes there are in a minute, as fast as they go: while no worker runs, before and after, and while one does.
 * Told and not judged: on a machine that others use, too, minutes differ by more than a round costs.
 */
async function refreshes({ cluster, port, places }: Given) {
  const web = await startWeb(cluster, cluster.web.slice(1).at(-1) ?? cluster.web[0] ?? '', port);
  try {
    const { met, stop } = await keepRefreshing(places, { grants: 4, pause: 0 });
    const rotated = () => met.reduce((sum, one) => sum + one.rotated, 0);
    const inMinute = async () => {
      const before = rotated();
      await sleep(minute);
      return rotated() - before;
    };
    const before = await inMinute();
    const worker = startWorker(cluster);
    const beside = await inMinute().finally(worker.stop);
    const after = await inMinute();
    await stop();
    assert.deepEqual(
      met.flatMap((one) => one.faults),
      [],
    );
    return { alone: Math.round((before + after) / 2), beside };
  } finally {
    await web.stop();
  }
}

/** As many as there are to be, like one that is there, with its keys. */
async function addTenants(sql: Sql): Promise<void> {
  const [like] = await sql`select to_jsonb(t)::text as tenant from pgrant.tenants t limit 1`;
  const [key] =
    await sql`select to_jsonb(k)::text as key from pgrant.signing_keys k where k.expires_at = 'infinity' limit 1`;
  const id = `('${prefix}' || lpad(n::text, 12, '0'))::uuid`;
  const named = `jsonb_build_object('tenant_id', ${id}, 'name', 'round-' || n, 'issuer', 'https://round.example/' || n)`;
  // INSERT … SELECT is a COPY there, in the midst of which Citus runs no check in PL/pgSQL where the table is, too.
  for (let first = 1; first <= tenants; first += 1_000) {
    const rows = Array.from({ length: 1_000 }, (_, at) => first + at).map((n) => ({
      tenant_id: prefix + String(n).padStart(12, '0'),
      name: `round-${n}`,
      issuer: `https://round.example/${n}`,
      title: 'Round',
      host: 'round.example',
      path: `/${n}`,
    }));
    await sql`insert into pgrant.issuers ${sql(rows)}`;
  }
  await sql.unsafe(
    `insert into pgrant.tenants
     select r.* from generate_series(1, ${tenants}) n, jsonb_populate_record(null::pgrant.tenants, $1::text::jsonb || ${named}) r`,
    [like?.tenant],
  );
  await sql.unsafe(
    `insert into pgrant.signing_keys
     select r.* from generate_series(1, ${tenants}) n, unnest(array['ES256', 'RS256']) alg,
            jsonb_populate_record(null::pgrant.signing_keys, $1::text::jsonb || jsonb_build_object('tenant_id', ${id}, 'alg', alg, 'kid', alg || '-' || n)) r`,
    [key?.key],
  );
  // The others have been sealed a while ago.
  await sql.unsafe(
    `insert into pgrant.audit_chains (tenant_id, number, seal, total, made_at)
     select ${id}, 1, sha256(n::text::bytea), 1, now() - interval '3 hours' from generate_series(${busy + 1}, ${tenants}) n`,
  );
}

/** An expired row and an event to seal, at the first of them. */
async function giveWork(sql: Sql): Promise<void> {
  const id = `('${prefix}' || lpad(n::text, 12, '0'))::uuid`;
  await sql.unsafe(
    `insert into pgrant.registration_tokens (tenant_id, token_id, token_hash, name, created_at, expires_at)
     select ${id}, gen_random_uuid(), sha256(n::text::bytea), 'Old', now() - interval '2 days', now() - interval '1 day'
       from generate_series(1, ${busy}) n`,
  );
  await sql.unsafe(
    `insert into pgrant.audit_events (tenant_id, at, event_id, action, xid)
     select ${id}, now(), gen_random_uuid(), 'client.add', pg_current_xact_id()::text::bigint from generate_series(1, ${busy}) n`,
  );
}

type Round = { task: string; took: number }[];

/** What the last run of each task of a minute took, in milliseconds. */
async function lastRound(sql: Sql): Promise<Round> {
  return await sql<Round>`
    select distinct on (s.task) s.task, round(1000 * r.duration)::int as took
      from pgrant.schedules s join pgrant.task_runs r on r.task = s.task
     where s.every = interval '1 minute' and r.finished_at is not null
     order by s.task, r.started_at desc`;
}

/** All that they have come to have. */
async function removeTenants(sql: Sql): Promise<void> {
  const tables = await sql`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
     where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and c.relname not in ('issuers', 'tenants', 'auditors')`;
  for (const { name } of tables) await sql.unsafe(`delete from pgrant.${name} where ${ours}`);
  for (const name of ['tenants', 'issuers'])
    await sql.unsafe(`delete from pgrant.${name} where ${ours}`);
}
