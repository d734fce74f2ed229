// plpgsql_check over every function, on the oldest PostgreSQL that is supported. Bodies in PL/pgSQL are
// not looked at when a function is made; this reads each statement in them against the tables.
// Usage: node test/plpgsql-check.ts [folder of PostgreSQL's programs]
import postgres, { type Sql } from 'postgres';
import { release } from '../src/release/release.ts';
import { withServer } from './support/other-postgres.ts';

type Complaint = {
  function: string;
  line: number | null;
  level: string;
  message: string;
  hint: string | null;
};

/** Complaints that are known, and why they are none. */
const known = [
  // Its callers write the statement as a constant; the values in it are quoted.
  'pgrant_rules.settings_write(text,text,jsonb,uuid,text) security',
  // What it evaluates are the checks of a table of ours, as the catalogue has them.
  'pgrant_rules.values_check(text,jsonb) security',
];

async function check(sql: Sql): Promise<{ functions: number; complaints: Complaint[] }> {
  await sql`create extension plpgsql_check`;
  const functions = await sql`
    select p.oid from pg_proc p
      join pg_namespace n on n.oid = p.pronamespace
      join pg_language l on l.oid = p.prolang
     where n.nspname like 'pgrant%' and l.lanname = 'plpgsql'`;
  const complaints = await sql<Complaint[]>`
    select p.oid::regprocedure::text as function, c.lineno as line, c.level, c.message, c.hint
      from pg_proc p
      join pg_namespace n on n.oid = p.pronamespace
      join pg_language l on l.oid = p.prolang
     cross join plpgsql_check_function_tb(p.oid, fatal_errors => false, other_warnings => true,
                                          extra_warnings => true, performance_warnings => false,
                                          security_warnings => true) c
     where n.nspname like 'pgrant%' and l.lanname = 'plpgsql'
       and p.oid::regprocedure || ' ' || c.level <> all (${known})
     order by 1, 2`;
  return { functions: functions.length, complaints };
}

await withServer(process.argv[2] ?? '/usr/lib/postgresql/15/bin', async (url) => {
  await release(url);
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const { functions, complaints } = await check(sql);
  const [server] = await sql`show server_version`;
  await sql.end();
  for (const { function: name, line, level, message, hint } of complaints) {
    console.log(`${name}:${line ?? '-'}: ${level}: ${message}${hint ? ` (${hint})` : ''}`);
  }
  console.log(
    `plpgsql_check on PostgreSQL ${server?.server_version}: ${functions} functions, ${complaints.length} complaints`,
  );
  if (complaints.length > 0 || functions === 0) process.exitCode = 1;
});
