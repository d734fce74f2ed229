// plpgsql_check over every function, on the oldest PostgreSQL that is supported. Bodies in PL/pgSQL are
// not looked at when a function is made; this reads each statement in them against the tables.
// Usage: node test/plpgsql-check.ts [folder of PostgreSQL's programs]
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres, { type Sql } from 'postgres';
import { chooseRunner, run, start } from '../src/embedded/embedded-run.ts';
import { release } from '../src/release/release.ts';

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

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

/** Runs `use` with a superuser's URL of a server that is gone afterwards. */
async function withServer(programs: string, use: (url: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pgrant-plpgsql-'));
  try {
    const [initdb, server] = [join(programs, 'initdb'), join(programs, 'postgres')];
    const runner = await chooseRunner({ initdb, postgres: server }, folder);
    const data = join(folder, 'postgres');
    const made = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C'];
    await run(runner, initdb, ['--pgdata', data, '--no-sync', ...made]);
    const port = String(await freePort());
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
    const options = settings.flatMap((setting) => ['-c', setting]);
    const log = openSync(join(folder, 'log'), 'w', 0o600);
    const child = start(runner, server, ['-D', data, '-p', port, ...options], log);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    try {
      const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
      await untilUp(url);
      await use(url);
    } finally {
      child.ref();
      child.kill('SIGINT');
      await ended;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function untilUp(url: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const sql = postgres(url, { max: 1 });
    try {
      await sql`select`;
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(100);
    } finally {
      await sql.end({ timeout: 0 });
    }
  }
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
