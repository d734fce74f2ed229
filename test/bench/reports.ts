// What an auditor waits for at so many families: each report filtered, paged and whole, with the shape of its plan.
import { readFileSync } from 'node:fs';
import type { TransactionSql } from 'postgres';
import { connect } from '../../src/db/connect.ts';
import { sealEvents } from '../../src/operations/audit-chain.ts';
import type { Bench } from './bench.ts';
import { addCrowd } from './crowd.ts';

type Timed = { rows: number; read: number; ms: number; plan: string };

/** Tables whose every row nobody reads for a page or a person. */
const large = /^(token_families|grants|users|(audit_events|sessions)_\d+|\w+_history)$/;

/** The thirty questions of auditors, as they are typed, about somebody and something of the crowd. */
function thirty(tenant: string): string[] {
  const page = new URL('../../sql/functions/report/README.md', import.meta.url);
  const names: Record<string, string> = {
    acme: tenant,
    ada: 'crowd77',
    portal: 'crowd-7',
    deploy: 'auditing',
    export: 'api',
  };
  return [...readFileSync(page, 'utf8').matchAll(/^\d+\. .+\? `(select .+)`$/gm)].map(
    ([, query = '']) =>
      `(${query
        .replaceAll(/'(acme|ada|portal|deploy|export)'/g, (_, name) => `'${names[name]}'`)
        .replace("'2026-03-01 12:00+00'", 'now()')}) q`,
  );
}

/** Questions of an auditor; `ada` is somebody of the crowd. */
const questions = (tenant: string) => {
  const of = `tenant = '${tenant}'`;
  const ada = `${of} and username = 'crowd77'`;
  const client = `${of} and client_id = 'crowd-7'`;
  return [
    `active_grants where ${ada}`,
    `active_grants where ${client} limit 100`,
    `active_grants where ${of} limit 100`,
    `grant_scopes where ${ada}`,
    `refresh_families where ${ada}`,
    `refresh_families where ${client} limit 100`,
    `refresh_families where ${of} and state = 'live' limit 100`,
    ...['family_id', 'sweep_after desc', 'last_used_at desc'].map(
      (order) => `refresh_families where ${of} and state = 'live' order by ${order} limit 50`,
    ),
    `refresh_families where tenant_id = (select tenant_id from pgrant_report.tenants where ${of}) and state = 'live' order by family_id limit 50`,
    `refresh_families where ${of} and state = 'live' and username > '' order by username limit 100`,
    `refresh_families where state = 'live' order by tenant limit 100`,
    `active_grants order by tenant limit 100`,
    `sessions where ${ada}`,
    `people where ${ada}`,
    `people where ${of} limit 100`,
    `role_holders where ${of} and role = 'auditing' limit 100`,
    `role_holders where ${ada}`,
    `role_holders h join pgrant_report.active_grants g using (tenant_id, user_id) where h.${of} and h.role = 'auditing' limit 100`,
    `audit_events where ${ada} and at > now() - interval '1 day'`,
    `audit_events where ${ada} and action <> 'refresh.rotate' and at > now() - interval '1 day'`,
    `person_events where ${ada} and at > now() - interval '1 day'`,
    `changes where ${of} and at > now() - interval '7 days'`,
    `audit_events where ${client} and at > now() - interval '1 day' limit 100`,
    `reuse_incidents where ${of}`,
    `scopes_in_vain where ${of}`,
    `secret_expiries where ${of}`,
    `grant_page('${tenant}')`,
    `grant_page('${tenant}', null)`,
    `family_page('${tenant}')`,
    `family_uses('${tenant}')`,
    `grant_uses('${tenant}')`,
    `stale_grants('${tenant}')`,
    ...['live', 'revoked', 'idle too long'].map(
      (state) => `family_page('${tenant}', p_state => '${state}')`,
    ),
    `person_page('${tenant}', 'crowd77')`,
    `person_page('${tenant}', 'crowd77', p_refreshes => true)`,
    `session_page('${tenant}')`,
    `audit_page('${tenant}')`,
    `who_could_access('api', now(), '${tenant}', 'crowd77')`,
    `who_could_access('api', now(), '${tenant}', p_limit => 100)`,
    `grants_as_of(now(), '${tenant}', 'crowd77')`,
    `grants_as_of(now(), '${tenant}', p_limit => 100)`,
    `clients where ${of}`,
    `scopes_in_use where ${of}`,
    `(select count(*) from pgrant_report.active_grants where ${of}) n`,
    `(select state, count(*) from pgrant_report.refresh_families where ${of} group by state) n`,
    `(select count(*) from pgrant_report.refresh_families where ${of} and state = 'live') n`,
    `family_counts('${tenant}')`,
    `(select count(*) from pgrant_report.people where ${of}) n`,
    `stale_clients(interval '0 days')`,
    'expired_backlog',
    ...thirty(tenant),
  ];
};

/** Adds a crowd, and asks as an auditor of its tenant and as one of all. */
export async function measureReports(bench: Bench, families: number): Promise<string[]> {
  console.error(`adding ${families} families`);
  await addCrowd(bench.sql, { tenant: bench.tenant, client: 'bench-opaque' }, families);
  // As a worker leaves it.
  console.error('sealing their events');
  const worker = connect(bench.workerUrl, 'pgrant_worker');
  await sealEvents(worker);
  await worker.end();
  const lines: string[] = [];
  for (const role of ['bench_auditor', 'pgrant_auditor']) {
    await bench.sql.unsafe(`
      do $$ begin
        if not exists (select from pg_roles where rolname = '${role}') then create role ${role} in role pgrant_auditor; end if;
      end $$`);
    if (role !== 'pgrant_auditor') {
      await bench.sql`
        insert into pgrant.auditors (role_name, tenant_id) values (${role}, ${bench.tenant}) on conflict do nothing`;
      await bench.sql`select pgrant_rules.auditors_changed()`;
    }
    lines.push('', `${role} at ${families} families: ms, rows, rows read, question, plan`);
    for (const question of questions('bench')) {
      const { plan, ...told } = await bench.sql.begin((sql) => timed(sql, role, question));
      const numbers = [told.ms.toFixed(0), told.rows, told.read].map((one) =>
        String(one).padStart(7),
      );
      lines.push(`${numbers.join(' ')}  ${question}  ${plan}`);
      console.error(lines.at(-1));
    }
  }
  return lines;
}

async function timed(sql: TransactionSql, role: string, question: string): Promise<Timed> {
  await sql.unsafe(`set local role ${role}`);
  await sql`set local statement_timeout = '60s'`;
  const statement = `select * from ${question.startsWith('(') ? question : `pgrant_report.${question}`}`;
  const lines = await sql.unsafe(`explain (costs off) ${statement}`);
  const before = await readUntilNow(sql);
  const begun = performance.now();
  const rows = await sql
    .savepoint((own) => own.unsafe(statement))
    .catch((error) => ({ length: error.code === '57014' ? -1 : fail(error) }));
  const ms = performance.now() - begun;
  const read = (await readUntilNow(sql)).map((table, index) => ({
    ...table,
    scanned: table.scanned - (before[index]?.scanned ?? 0),
    found: table.found - (before[index]?.found ?? 0),
  }));
  return {
    rows: rows.length,
    read: read.reduce((sum, { scanned, found }) => sum + scanned + found, 0),
    ms,
    plan: shapeOf(read, lines),
  };
}

function fail(error: unknown): never {
  throw error;
}

type Read = { name: string; scanned: number; found: number; all: number };

/** Rows of large tables that were read lately, by functions too; what parallel workers read is counted for nobody. */
async function readUntilNow(sql: TransactionSql): Promise<Read[]> {
  const tables = await sql<Read[]>`
    select t.relname as name, t.seq_tup_read::int as scanned, coalesce(t.idx_tup_fetch, 0)::int as found, c.reltuples::int as all
      from pg_stat_xact_user_tables t join pg_class c on c.oid = t.relid
     where c.reltuples > 1000 order by t.relid`;
  return tables.filter(({ name }) => large.test(name));
}

function shapeOf(read: Read[], lines: readonly Record<string, string>[]): string {
  const parallel = new Set(
    lines.map((line) => /Parallel Seq Scan on (\w+)/.exec(line['QUERY PLAN'] ?? '')?.[1]),
  );
  const whole = read.filter(({ name, scanned, all }) => parallel.has(name) || scanned >= 0.9 * all);
  if (whole.length === 0) return 'by index';
  return `reads all of ${whole.map(({ name }) => name).join(', ')}`;
}
