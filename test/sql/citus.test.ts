// What keeps a release possible where the tables are distributed: seen on Citus 14.0.1 with PostgreSQL 18.6, held here without.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Sql } from 'postgres';
import { beforeAll, describe, expect, test } from 'vitest';
import { setStatementOf, statementOf } from '../../src/db/binding.ts';
import { api, ops } from '../../src/db/bindings.ts';
import { emptyLine, takeSet } from '../../src/db/line.ts';
import { functionFiles } from '../../src/release/release-hash.ts';
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

/** What a person was called is a few rows. */
const perRow = `
  select p.polrelid::regclass::text as table, p.polname as policy from pg_policy p
   where p.polrelid <> 'pgrant.user_history'::regclass
     and concat(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) ~ '\\mpgrant\\w*\\.\\w+\\([^)]'`;

test('no policy gives a function of ours what is in the row: it costs a statement a row, and minutes where a tenant is removed', async () => {
  expect(await sql.unsafe(perRow)).toEqual([]);
  await sql.unsafe(
    `create policy broken on pgrant.users to pgrant_janitor using (pgrant.name_sound(username))`,
  );
  expect(await sql.unsafe(perRow)).toEqual([{ table: 'pgrant.users', policy: 'broken' }]);
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
    const statement = binding.isSet ? setStatementOf(binding, 1) : statementOf(binding, {});
    const text = statement.replace(/\((array\[\$\d+\]::text\[\]::[\w.]+\[\])\)\[1\]/g, '$1');
    expect(text).toMatch(/^select \* from pgrant_(api|ops)\.\w+\([^()]*\)$/);
    // Citus hands it on as the cast of a cstring: "cannot cast type cstring to text[]".
    expect(text).not.toMatch(/text::[\w. ]+\[\]/);
    expect(text).not.toMatch(/text::pgrant/);
    expect(text).not.toMatch(/text::(timestamp|date|interval)/);
  });
});

test('requests of several tenants share no statement once Citus has refused one', () => {
  const waiting = (apart: boolean) => {
    const line = { ...emptyLine(api.client_credentials_issue), apart, size: 2 };
    for (const tenant of ['a', 'b']) {
      line.tenants.set(tenant, [{ values: [tenant], resolve: () => {}, reject: () => {} }]);
    }
    return takeSet(line).map(({ values: [tenant] }) => tenant);
  };
  expect(waiting(false)).toEqual(['a', 'b']);
  expect(waiting(true)).toEqual(['a']);
});

const functions = new URL('../../sql/', import.meta.url);
/** Each statement in the bodies of the functions, in one line, with its file. */
const inFunctions = functionFiles(fileURLToPath(functions)).flatMap((file) =>
  readFileSync(new URL(file, functions), 'utf8')
    .replace(/--[^\n]*/g, '')
    .split(';')
    .map((text) => ({ file, text: text.replace(/\s+/g, ' ').trim() })),
);

/** Views that Citus would make on the nodes together with what of PostgreSQL's own they read. */
const spread = (text: string) =>
  text
    .replace(/--[^\n]*/g, '')
    .replace(/set local citus\.enable_ddl_propagation = off;.*?= on;/gs, '')
    .match(/create view [^;]*?(?=\bpg_catalog\.pg_\w+ \w+\b)/g) ?? [];

test('what reads the views of PostgreSQL is made at the coordinator alone ["permission denied for schema pg_catalog"]', () => {
  const found = functionFiles(fileURLToPath(functions)).filter(
    (file) => spread(readFileSync(new URL(file, functions), 'utf8')).length > 0,
  );
  expect(found).toEqual([]);
  const view = 'create view pgrant_report.logins as select r.rolname from pg_catalog.pg_roles r;';
  expect(spread(view)).toHaveLength(1);
});

const byKey = `
  select distinct v.oid::regclass::text as name from pg_depend d
    join pg_rewrite w on w.oid = d.objid
    join pg_class v on v.oid = w.ev_class
   where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_constraint'::regclass`;

test('what a view tells of a group it is grouped by, and not by a key alone: asked by nobody who sees a row, Citus has something without keys in place of the table ["must appear in the GROUP BY clause"]', async () => {
  const names = async () => (await sql.unsafe(byKey)).map(({ name }) => name);
  expect(await names()).toEqual([]);
  await sql.unsafe(
    `create view pgrant_report.by_key as select u.username, count(*) from pgrant.users u group by u.tenant_id, u.user_id`,
  );
  expect(await names()).toEqual(['pgrant_report.by_key']);
  await sql.unsafe('drop view pgrant_report.by_key');
});

/** Kinds of statements that Citus refuses, each with what it says, and one of them. */
const refused: [string, (text: string) => boolean, string][] = [
  [
    'no UPDATE has CASE or COALESCE of a moment that the statement asks for ["non-IMMUTABLE functions are not allowed in CASE or COALESCE"]',
    (text) =>
      /update pgrant\.\w+ \w set .*(coalesce\([^()]*|case when (?:(?!\bend\b).)*)\bnow\(\)/.test(
        text,
      ),
    'update pgrant.client_secrets s set last_used_at = now() where coalesce(s.last_used_at < now(), true)',
  ],
  [
    'no INSERT has a sub-select in VALUES or ON CONFLICT ["subqueries are not supported within INSERT queries"]',
    (text) =>
      /insert into pgrant\.\w+[^;]*( values \(.*\(select|do update set .*\(select)/.test(text),
    `insert into pgrant.grants (scopes) values ('{}') on conflict (tenant_id) do update set scopes = (select '{}')`,
  ],
  [
    'no INSERT … SELECT has a variable in ON CONFLICT, which excluded has ["there is no parameter $8"]',
    (text) =>
      /insert into pgrant\.\w+ [^;]* select .* on conflict .* do update set .*\b[pv]_/.test(text),
    `insert into pgrant.refusals (refused) select 1 from unnest(v_x) x on conflict (tenant_id) do update set last_at = v_now`,
  ],
  [
    'no INSERT … SELECT that may come to nothing returns into a variable ["consistency check on SPI tuple count failed"]',
    (text) => /insert into pgrant\.\w+ .* select .* on conflict .* returning .* into /.test(text),
    'insert into pgrant.users (tenant_id, username) select p_tenant, v_name where v_sound on conflict do nothing returning user_id into v_user_id',
  ],
  [
    'no UPDATE or DELETE calls what differs each time ["must not be VOLATILE"]',
    (text) =>
      /\b(update|delete from) pgrant\.\w+ .*(clock_timestamp|random|gen_random_\w+)\(/.test(text),
    'update pgrant.developer_clients d set submitted_at = clock_timestamp() where d.tenant_id = p_tenant',
  ],
  [
    'no ON CONFLICT asks what depends on the moment or the time zone ["must be marked IMMUTABLE"]',
    (text) => /on conflict .* do update .*(now\(\)|interval|date_trunc)/.test(text),
    `insert into pgrant.logos as l (check_after) values (v_now) on conflict (tenant_id) do update set logo_uri = 'x' where l.check_after <= now()`,
  ],
  [
    'no UPDATE sets a column to an element of an array: a variable has it',
    (text) => /\bupdate (pgrant\.\w+ \w+ )?set (?:(?!\bwhere\b).)*\w+ = [\w.()]+\[/.test(text),
    'update pgrant.authorization_requests r set created_at = now(), browser_hash = p_browser_hashes[1] where r.tenant_id = p_tenant',
  ],
  [
    'no function is given the row of a table by the query that reads it ["function … does not exist": it is a row of a piece]',
    givesRow,
    'select pgrant_rules.user_claims(u) from pgrant.users u where u.tenant_id = p_tenant',
  ],
];

function givesRow(text: string): boolean {
  const aliases = [...text.matchAll(/(?:from|join) pgrant\.\w+ (\w+)/g)].map(([, alias]) => alias);
  return aliases.some((alias) =>
    new RegExp(`pgrant_(rules|report)\\.\\w+\\(([^()]*, )?${alias}[,)]`).test(text),
  );
}

describe('statements are such that they can be handed on', () => {
  test.each(refused)('%s', (_, isRefused, example) => {
    expect(inFunctions.filter(({ text }) => isRefused(text))).toEqual([]);
    expect(isRefused(example)).toBe(true);
  });
});

/** Functions that compare an array of rows of a table as a whole. */
async function comparing(): Promise<string[]> {
  const bodies = await sql`
    select p.proname as name, p.prosrc as body, concat_ws(' ', p.proname, pg_get_function_arguments(p.oid)) as given
      from pg_proc p join pg_language l on l.oid = p.prolang
     where p.pronamespace::regnamespace::text like 'pgrant\\_%' and l.lanname = 'plpgsql'`;
  const rows = /\b([vpo]_\w+)\s+(?:constant )?pgrant(?:_report)?\.\w+\[\]/g;
  return bodies
    .filter(({ body, given }) =>
      [...`${given} ${body}`.matchAll(rows)].some(([, name]) =>
        new RegExp(
          `\\b${name} (=|<>|is (not )?distinct) |(?<!:)(=|<>|distinct from) ${name}\\s`,
        ).test(body),
      ),
    )
    .map(({ name }) => name);
}

test('no array of rows is compared: cardinality() says whether there are any ["cannot compare arrays of different element types": they are rows of a piece]', async () => {
  expect(await comparing()).toEqual([]);
  await sql.unsafe(
    `create function pgrant_rules.comparing(p_tenant uuid) returns boolean language plpgsql as 'declare
       v_users pgrant.users[] := array(select u from pgrant.users u where u.tenant_id = p_tenant); begin
       return v_users = ''{}''; end'`,
  );
  expect(await comparing()).toEqual(['comparing']);
  await sql.unsafe('drop function pgrant_rules.comparing(uuid)');
});

describe('a function runs where what it needs is', () => {
  /** Of the definer, without a tenant, and yet about some: where there are several nodes they do without, or do not work. */
  const oneNode = ['health_read', 'sealing_read'];
  const misplaced = `
    select p.proname as name from pg_proc p
     where p.pronamespace in ('pgrant_api'::regnamespace, 'pgrant_ops'::regnamespace)
       and p.proowner = 'pgrant_definer'::regrole and not coalesce('p_tenant' = any (p.proargnames), false)
       and (p.prosrc ~ '(from|join|into|update) pgrant\\.(?!issuers|auditors|partition_plans|schedules|task_runs|audit_sealing)\\w'
            or p.prosrc ~ 'pgrant_rules\\.(visit|administer|sealing_read)')
     order by 1`;

  test('what the definer does for tenants takes the tenant by which it finds the node', async () => {
    const names = async () => (await sql.unsafe(misplaced)).map(({ name }) => name);
    expect(await names()).toEqual(oneNode);
    await sql.unsafe(`
      create function pgrant_ops.astray() returns bigint language plpgsql as 'begin return (select count(*) from pgrant.users); end';
      alter function pgrant_ops.astray() owner to pgrant_definer`);
    expect(await names()).toEqual(['astray', ...oneNode].sort());
    await sql.unsafe('drop function pgrant_ops.astray()');
  });

  test('what is handed on always names its tenant', async () => {
    const optional = await sql`
      select p.proname as name from pg_proc p
       where p.pronamespace in ('pgrant_api'::regnamespace, 'pgrant_ops'::regnamespace)
         and array_position(p.proargnames, 'p_tenant') > p.pronargs - p.pronargdefaults`;
    // rights.sql has it run where it is called.
    expect(optional.map(({ name }) => name)).toEqual(['auditor_add']);
  });

  test('what operators ask of a tenant reads no report that has the names of tenants ["queries must filter by the distribution argument in the same colocation group"]', async () => {
    const named = `
      select p.proname as name, v.relname as report from pg_proc p
        join pg_class v on v.relnamespace = 'pgrant_report'::regnamespace and v.relkind = 'v'
         and strpos(p.prosrc, ' pgrant_report.' || v.relname) > 0
         and p.prosrc ~ ('(from|join) pgrant_report\\.' || v.relname || '\\M')
       where p.pronamespace = 'pgrant_ops'::regnamespace and p.proargnames[1] = 'p_tenant'
         and pg_get_viewdef(v.oid) ~ 'pgrant\\.issuers'`;
    expect(await sql.unsafe(named)).toEqual([]);
    await sql.unsafe(
      `create function pgrant_ops.named(p_tenant uuid) returns bigint language plpgsql
         as 'begin return (select count(*) from pgrant_report.reviews r where r.tenant_id = p_tenant); end'`,
    );
    expect(await sql.unsafe(named)).toEqual([{ name: 'named', report: 'reviews' }]);
    await sql.unsafe('drop function pgrant_ops.named(uuid)');
  });

  test('what operators do for a tenant joins nothing that is the same on every node ["queries must filter by the distribution argument in the same colocation group"]', async () => {
    const joined = `
      select p.proname as name from pg_proc p
       where p.pronamespace = 'pgrant_ops'::regnamespace and p.proargnames[1] = 'p_tenant'
         and p.prosrc ~ '(join pgrant\\.(issuers|auditors|partition_plans)|from pgrant\\.(issuers|auditors|partition_plans) \\w+\\s+(left |cross )?join)'`;
    expect(await sql.unsafe(joined)).toEqual([]);
    await sql.unsafe(
      `create function pgrant_ops.joined(p_tenant uuid) returns bigint language plpgsql as 'begin
         return (select count(*) from pgrant.users u join pgrant.issuers i on i.tenant_id = p_tenant where u.tenant_id = p_tenant); end'`,
    );
    expect(await sql.unsafe(joined)).toEqual([{ name: 'joined' }]);
    await sql.unsafe('drop function pgrant_ops.joined(uuid)');
  });

  test('what auditors ask about one tenant by its id is asked by way of its row ["could not determine data type of parameter"]', async () => {
    const astray = `
      select p.proname as name from pg_proc p
       where p.pronamespace = 'pgrant_report'::regnamespace and p.proargnames[1] = 'p_tenant' and p.pronargdefaults > 0
         and p.proargtypes[0] = 'uuid'::regtype
         and p.prosrc ~ 'from pgrant(_report)?\\.(?!tenants t cross join lateral |audit_verify_)'`;
    expect(await sql.unsafe(astray)).toEqual([]);
    await sql.unsafe(
      `create function pgrant_report.astray(p_tenant uuid, p_first bigint default 1) returns bigint language plpgsql
         as 'begin return (select count(*) from pgrant_report.audit_seals s where s.tenant_id = p_tenant); end'`,
    );
    expect(await sql.unsafe(astray)).toEqual([{ name: 'astray' }]);
    await sql.unsafe('drop function pgrant_report.astray(uuid, bigint)');
  });

  test('what is said to operators and admins of comments is asked by one function, which a release takes to each node: nodes have no comments ["must be <NULL>"]', async () => {
    const asking = `
      select p.proname as name from pg_proc p
       where p.pronamespace in ('pgrant_rules'::regnamespace, 'pgrant_api'::regnamespace, 'pgrant_ops'::regnamespace)
         and p.prosrc ~ '\\m(obj|col|shobj)_description\\(' order by 1`;
    const names = async () => (await sql.unsafe(asking)).map(({ name }) => name);
    expect(await names()).toEqual(['comments_of']);
    await sql.unsafe(
      `create function pgrant_rules.asking() returns text language plpgsql as 'begin return obj_description(0, ''pg_class''); end'`,
    );
    expect(await names()).toEqual(['asking', 'comments_of']);
    await sql.unsafe('drop function pgrant_rules.asking()');

    const taking = readFileSync(new URL('functions/keep/comments-nodes.sql', functions), 'utf8');
    const [before, after] = await sql.begin(async (session) => {
      const said = () => session`
        select c.relname, pgrant_rules.comments_of(c.relname::text) as comments from pg_class c
         where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`;
      const first = await said();
      await session.unsafe(taking.replace(/if not exists[\s\S]*?end if;/, ''));
      const rows = [first, await said()];
      await session`rollback`;
      return rows;
    });
    expect(after).toEqual(before);
    expect(before?.find(({ relname }) => relname === 'tenants')?.comments).toHaveProperty([
      'check tenants_refusal_limit_check',
    ]);
  });

  test('no statement of a report asks a table and calls what asks one itself ["cannot execute a distributed query from a query on a shard"]', async () => {
    // By pgrant.nest(), or only from one that is; the last one does nothing where there are several nodes.
    const nested = [
      'audit_verify_seals',
      'audit_verify_rest',
      'audit_walk',
      'audit_compare',
    ].concat('access_period', 'access_then', 'person_event_keys');
    const asks = /\b(from|join) pgrant(_report)?\.\w+ (?!\()/;
    const within = async () => {
      const bodies = await sql`
        select p.proname as name, p.prosrc as body, l.lanname = 'plpgsql' and p.pronamespace = 'pgrant_report'::regnamespace as report
          from pg_proc p join pg_language l on l.oid = p.prolang
         where p.pronamespace in ('pgrant_report'::regnamespace, 'pgrant_rules'::regnamespace)`;
      const asking = bodies.filter(({ body }) => asks.test(body)).map(({ name }) => name);
      const calls = new RegExp(`pgrant_(report|rules)\\.(${asking.join('|')})\\(`);
      return bodies
        .filter(
          ({ name, body, report }) =>
            report &&
            !nested.includes(name) &&
            String(body)
              .replace(/--[^\n]*/g, '')
              .split(';')
              .some((text) => asks.test(text) && calls.test(text)),
        )
        .map(({ name }) => name)
        .sort();
    };
    expect(await within()).toEqual([]);
    await sql.unsafe(
      `create function pgrant_report.within(p_tenant uuid) returns uuid language plpgsql as 'begin
         return coalesce(pgrant_report.refusals_late(p_tenant), (select u.user_id from pgrant.users u where u.tenant_id = p_tenant)); end'`,
    );
    expect(await within()).toEqual(['within']);
    await sql.unsafe('drop function pgrant_report.within(uuid)');
  });

  test('no report with arguments is a function in SQL that PostgreSQL could inline ["parameterized queries for SQL functions … are not supported"]', async () => {
    const inlined = `
      select p.proname as name from pg_proc p
       where p.pronamespace = 'pgrant_report'::regnamespace and p.pronargs > 0 and p.proconfig is null
         and p.prolang = (select l.oid from pg_language l where l.lanname = 'sql')
         and p.prosrc ~ '(from|join) pgrant(_report)?\\.\\w+ '`;
    expect(await sql.unsafe(inlined)).toEqual([]);
    await sql.unsafe(
      `create function pgrant_report.inlined(p_tenant uuid) returns bigint language sql
         as 'select count(*) from pgrant.users u where u.tenant_id = p_tenant'`,
    );
    expect(await sql.unsafe(inlined)).toEqual([{ name: 'inlined' }]);
    await sql.unsafe('drop function pgrant_report.inlined(uuid)');
  });

  test('no function is parsed when it is made ["syntax error at or near RETURN" on a node]', async () => {
    const parsed = `select p.oid::regprocedure::text as name from pg_proc p
      where p.prosqlbody is not null and p.pronamespace::regnamespace::text like 'pgrant\\_%'`;
    expect(await sql.unsafe(parsed)).toEqual([]);
    await sql.unsafe('create function pgrant_rules.parsed() returns int language sql return 1');
    expect(await sql.unsafe(parsed)).toEqual([{ name: 'pgrant_rules.parsed()' }]);
    await sql.unsafe('drop function pgrant_rules.parsed()');
  });
});

test('a release gives pieces anew what Citus does not: rights on columns of the system, by which the janitor deletes ["permission denied for table"]', async () => {
  const rights = readFileSync(new URL('functions/rights.sql', functions), 'utf8');
  const given = /for v_statement in\n(\s+select format\('revoke execute[\s\S]+?)\n\s+loop/.exec(
    rights,
  )?.[1];
  const statements = await sql.begin(async (session) => {
    // Citus's own; here no table is a piece of one.
    await session`
      create function public.relation_is_a_known_shard(oid) returns boolean language sql as 'select false'`;
    const rows = await session.unsafe(String(given));
    await session`drop function public.relation_is_a_known_shard(oid)`;
    return rows.map((row) => Object.values(row)[0]);
  });
  const tables = await sql`select table_name as name from pgrant_ops.expired_tables()`;
  expect(tables.length).toBeGreaterThan(30);
  expect(statements).toEqual(
    expect.arrayContaining(
      tables.map(({ name }) => `grant select (ctid) on pgrant.${name} to pgrant_janitor`),
    ),
  );
});
