// The schemas that a release makes. Only the login of the release may make schemas.
import type { TransactionSql } from 'postgres';
import { arrayLiteral } from '../db/wire-values.ts';
import { ReleaseError } from './release-error.ts';

/** Works as a role until the next change of it; `none` is the login of the release. */
export async function become(sql: TransactionSql, role: string): Promise<void> {
  await sql.unsafe(`set local role ${role}`);
}

/** Makes a schema where it is missing; whether it was. */
export async function makeSchema(
  sql: TransactionSql,
  schema: string,
  owner: string,
): Promise<boolean> {
  await become(sql, 'none');
  const found = await sql`select from pg_namespace where nspname = ${schema}`;
  if (found.length > 0) return false;
  const [may] = await sql`
    select has_database_privilege(current_database(), 'create') as make,
           format('grant create on database %I to %I', current_database(), current_user) as grant`;
  if (!may?.make)
    throw new ReleaseError(`the schema ${schema} is missing: a DBA has to: ${may?.grant}`);
  await sql.unsafe(`create schema ${schema} authorization ${owner}`);
  return true;
}

/** Drops views and tables, with what has a row of one: whoever reads a report is met before anything else is done. */
export async function dropRelations(
  sql: TransactionSql,
  schemas: readonly string[],
): Promise<void> {
  const kinds = { view: ['v'], table: ['r', 'p'] };
  for (const [kind, letters] of Object.entries(kinds)) {
    const found = await sql<{ name: string }[]>`
      select c.oid::regclass::text as name from pg_class c
       where c.relkind::text = any (${arrayLiteral(letters)}::text[])
         and c.relnamespace in (select n.oid from pg_namespace n where n.nspname = any (${arrayLiteral(schemas)}::text[]))`;
    const names = found.map(({ name }) => name).join(', ');
    if (names !== '') await sql.unsafe(`drop ${kind} ${names} cascade`);
  }
}

/**
 * Makes the schemas anew, empty. Citus 14.0.1 does not tell its nodes of a function that is dropped by others than its owner,
 * such as the schema's, nor of one that changes hands.
 */
export async function emptySchemas(sql: TransactionSql, schemas: readonly string[]): Promise<void> {
  for (const schema of schemas) await sql.unsafe(`drop schema ${schema} cascade`);
  for (const schema of schemas) await sql.unsafe(`create schema ${schema}`);
}

/**
 * Makes an extension where it is missing, in whatever schema it is. Only a trusted one: the login of the
 * release is no superuser everywhere.
 */
export async function makeExtension(sql: TransactionSql, extension: string): Promise<void> {
  await become(sql, 'none');
  const found = await sql`select from pg_extension where extname = ${extension}`;
  if (found.length > 0) return;
  await sql.unsafe(`create extension ${extension} with schema public`);
}

/** What a release remembers. Left to itself, postgrator would make schemas, which the owner may not. */
export async function makeReleaseSchema(sql: TransactionSql): Promise<void> {
  if (!(await makeSchema(sql, 'pgrant_release', 'pgrant_owner'))) return;
  await become(sql, 'pgrant_owner');
  await sql`create table pgrant_release.versions (
    version bigint primary key,
    name text,
    md5 text,
    run_at timestamptz
  )`;
  await sql`insert into pgrant_release.versions (version) values (0)`;
  await sql`create table pgrant_release.released (hash text not null, at timestamptz not null)`;
}

/**
 * graphile-worker migrates its own schema as pgrant_worker, which may not make schemas: so the schema
 * is made here, with the table whose absence tells graphile-worker to make it.
 */
export async function makeQueueSchema(sql: TransactionSql): Promise<void> {
  await become(sql, 'none');
  if (!(await makeSchema(sql, 'graphile_worker', 'pgrant_worker'))) return;
  await become(sql, 'pgrant_worker');
  await sql`create table graphile_worker.migrations (
    id int primary key,
    ts timestamptz default now() not null,
    breaking boolean not null default false
  )`;
}
