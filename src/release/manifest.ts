// What a database is, so that a restored one can be compared with it.
import type { Sql, TransactionSql } from 'postgres';
import { arrayLiteral } from '../db/wire-values.ts';
import type { Manifest } from '../protocol/backup-manifest.ts';
import { generateSecurity } from './generate-security.ts';
import { describeStructure } from './structure.ts';

/** What is otherwise: in which part, what it is called, and how it is on both sides (null = it is not there). */
export type Difference = { part: string; name: string; source: string | null; here: string | null };

/** The database was never released, or what says so was not restored. */
export class NotReleased extends Error {
  override name = 'NotReleased';
}

const schemas = ['pgrant', 'pgrant_release'];

/** Reads the database as it is in a transaction. Throws NotReleased, or PostgreSQL's error where a policy hides rows from the login. */
export async function describeDatabase(sql: TransactionSql): Promise<Manifest> {
  // A query that a policy would leave rows out of is an error then.
  await sql`set local row_security = off`;
  const [about] = await sql`
    select current_database() as database, extract(epoch from now())::bigint::int as iat, r.hash as released
      from pgrant_release.released r`;
  if (!about) throw new NotReleased('pgrant_release.released has no row');
  const { database, iat, released } = about as Pick<Manifest, 'database' | 'iat' | 'released'>;
  const functions = await sql<{ name: string; digest: string }[]>`
    select p.oid::regprocedure::text as name,
           left(encode(sha256(convert_to(concat_ws(chr(10), p.prosrc, pg_get_function_sqlbody(p.oid), p.proconfig::text, p.prosecdef,
             p.provolatile, l.lanname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid)), 'UTF8')), 'hex'), 16) as digest
      from pg_proc p join pg_language l on l.oid = p.prolang where p.pronamespace::regnamespace::text like 'pgrant%' order by 1`;
  const rights = (await generateSecurity(sql as unknown as Sql)).split('\n');
  return {
    database,
    iat,
    released,
    tables: await describeTables(sql),
    structure: await describeStructure(sql),
    functions: Object.fromEntries(functions.map(({ name, digest }) => [name, digest])),
    rights: rights.filter((line) => line !== '' && !line.startsWith('#')),
  };
}

async function describeTables(sql: TransactionSql): Promise<Manifest['tables']> {
  const names = await sql<{ name: string }[]>`
    select c.oid::regclass::text as name from pg_class c
     where c.relnamespace::regnamespace::text = any (${arrayLiteral(schemas)}::text[])
       and c.relkind in ('r', 'p') and not c.relispartition
     order by 1`;
  const tables: Manifest['tables'] = {};
  for (const { name } of names) {
    const [row] = await sql.unsafe(
      `select count(*)::int as rows, coalesce(bit_xor(hashtextextended(t::text, 0)), 0)::text as digest from ${name} t`,
    );
    tables[name] = [Number(row?.rows), String(row?.digest)];
  }
  return tables;
}

/** What of a database is not as its source was; nothing where it is whole. */
export function compareDatabases(source: Manifest, here: Manifest): Difference[] {
  const released = pairs('release', { hash: source.released }, { hash: here.released });
  const tables = pairs('table', source.tables, here.tables).map((one) => ({
    ...one,
    ...rowsOf(one.name, source, here),
  }));
  const structure = pairs('structure', source.structure, known(source.structure, here.structure));
  const functions = pairs('function', source.functions, here.functions);
  const lines = (text: string[]) => Object.fromEntries(text.map((line) => [line, 'there']));
  return [
    ...released,
    ...tables,
    ...structure,
    ...functions,
    ...pairs('right', lines(source.rights), lines(here.rights)),
  ];
}

/** Without types where an older pgrant has signed, which did not look at them. */
function known(source: Manifest['structure'], here: Manifest['structure']): Manifest['structure'] {
  const isType = (name: string) => name.startsWith('type ');
  if (Object.keys(source).some(isType)) return here;
  return Object.fromEntries(Object.entries(here).filter(([name]) => !isType(name)));
}

function pairs(
  part: string,
  source: Record<string, unknown>,
  here: Record<string, unknown>,
): Difference[] {
  const names = new Set([...Object.keys(source), ...Object.keys(here)]);
  return [...names].flatMap((name) => {
    const [before, after] = [source[name], here[name]].map((value) =>
      value === undefined ? null : String(value),
    ) as [string | null, string | null];
    return before === after ? [] : [{ part, name, source: before, here: after }];
  });
}

function rowsOf(name: string, source: Manifest, here: Manifest) {
  const [before, after] = [source.tables[name], here.tables[name]];
  const said = (rows: number, other: number | undefined) =>
    rows === other ? `${rows} rows, other contents` : `${rows} rows`;
  return {
    source: before ? said(before[0], after?.[0]) : null,
    here: after ? said(after[0], before?.[0]) : null,
  };
}
