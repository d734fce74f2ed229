// What an auditor of one tenant learns of another by asking how a query runs: EXPLAIN ANALYZE for a value that only the
// other tenant has, and for one that nobody has.
import type { Sql, TransactionSql } from 'postgres';

export type Told = { relation: string; column: string; how: string };

type Column = { relation: string; column: string; type: string };

/** A value of a type that is nowhere; of other types every value may be somewhere. */
const nowhere: Record<string, (like: string) => string> = {
  uuid: () => crypto.randomUUID(),
  text: () => `nowhere-${crypto.randomUUID()}`,
  'text[]': () => `{nowhere-${crypto.randomUUID()}}`,
  // Of the same partition, which anybody can tell from a calendar.
  'timestamp with time zone': (like) =>
    new Date(Date.parse(like) + 1 + Math.random() * 1000).toISOString(),
  date: () => new Date(Date.now() - Math.random() * 1e11).toISOString().slice(0, 10),
  integer: () => String(1e9 + Math.floor(Math.random() * 1e9)),
  bigint: () => String(Math.floor(Math.random() * 1e15)),
  inet: () => '198.51.100.213',
  bytea: () => `\\x${crypto.randomUUID().replaceAll('-', '')}`,
};

/** How a query may be run: as the planner likes, and by reading whole tables, which anybody may ask for. */
const ways = {
  'as planned': '',
  'by sequential scans':
    'set local enable_indexscan = off; set local enable_indexonlyscan = off; set local enable_bitmapscan = off;',
};

class Undo extends Error {}

/**
 * Each column of a table or report, and way to read it, whose plan, rows, buffers or messages tell an auditor of `at` a
 * value of `other` from one that is nowhere. What the planner expects (costs) is not compared: statistics have no tenant.
 */
export async function plans(sql: Sql, at: string, other: string, relations = /./): Promise<Told[]> {
  const told: Told[] = [];
  try {
    await sql.begin(async (session) => {
      const [one, all] = [await auditor(session, at), await auditor(session, null)];
      for (const column of await columnsOf(session)) {
        if (!relations.test(column.relation)) continue;
        await session.unsafe(`set local role ${all}`);
        const [found] = await session.unsafe(elsewhere(column, at, other));
        if (found === undefined) continue;
        await session.unsafe(`set local role ${one}`);
        for (const [how, settings] of Object.entries(ways)) {
          if (await differ(session, column, found.value, settings)) told.push({ ...column, how });
        }
      }
      throw new Undo();
    });
  } catch (error) {
    if (!(error instanceof Undo)) throw error;
  }
  return told;
}

/** A role that reads the reports of a tenant, or of all; it goes with the transaction. */
async function auditor(session: TransactionSql, tenant: string | null): Promise<string> {
  const role = `proof_${crypto.randomUUID().replaceAll('-', '')}`;
  await session.unsafe(
    `create role ${role}; grant pgrant_auditor to ${role}; grant ${role} to current_user`,
  );
  await session`select set_config('role', 'pgrant_cataloguer', true)`;
  await session`insert into pgrant.auditors (role_name, tenant_id) values (${role}, ${tenant})`;
  await session`reset role`;
  return role;
}

/** What auditors may name in a condition, of relations that say which tenant a row is of. */
async function columnsOf(session: TransactionSql): Promise<Column[]> {
  return session<Column[]>`
    select c.oid::regclass::text as relation, a.attname::text as column, a.atttypid::regtype::text as type
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace in ('pgrant'::regnamespace, 'pgrant_report'::regnamespace)
       and c.relkind in ('r', 'p', 'v') and not c.relispartition
       and exists (select from pg_attribute t where t.attrelid = c.oid and t.attname = 'tenant_id'
                      and has_column_privilege('pgrant_auditor', c.oid, t.attnum, 'select'))
       and has_column_privilege('pgrant_auditor', c.oid, a.attnum, 'select')
       and a.atttypid::regtype::text = any (${Object.keys(nowhere)}) and c.relname <> 'auditors'
     order by 1, a.attnum`;
}

const elsewhere = ({ relation, column }: Column, at: string, other: string) => `
  select o.${column}::text as value from ${relation} o
   where o.tenant_id = '${other}' and o.${column} is not null
     and not exists (select from ${relation} m where m.tenant_id = '${at}' and m.${column} = o.${column}) limit 1`;

/**
 * Whether the value that is elsewhere is told from two that are nowhere. Others may work meanwhile: a round in which those
 * two differ says nothing, and where there is no other round, the buffers, which they share, are left out.
 */
async function differ(session: TransactionSql, column: Column, value: string, settings: string) {
  const nobodys = () => (nowhere[column.type] as (like: string) => string)(value);
  const ask = (one: string) => explain(session, column, one, settings);
  let round: string[] = [];
  for (let left = 4; left > 0; left -= 1) {
    await ask(nobodys());
    round = [await ask(nobodys()), await ask(value), await ask(nobodys())];
    if (round[0] === round[2]) return round[0] !== round[1];
  }
  const [before, there] = round.map((text) => text.replaceAll(/\n *Buffers: .*/g, ''));
  return before !== there;
}

/** How the query ran, without the value; or why it did not. */
async function explain(session: TransactionSql, column: Column, value: string, settings: string) {
  try {
    return await session.savepoint(async (inner) => {
      const literal = `'${value.replaceAll("'", "''")}'::${column.type}`;
      const rows =
        await inner.unsafe(`${settings} explain (analyze, buffers, timing off, summary off, costs off)
        select * from (select ${column.column} from ${column.relation}) t where ${column.column} = ${literal}`);
      const lines = (Array.isArray(rows[0]) ? (rows.at(-1) as never[]) : rows) as Record<
        string,
        string
      >[];
      const text = lines.map((row) => row['QUERY PLAN']).join('\n');
      return text
        .replace(/\nPlanning:[\s\S]*/, '')
        .replace(/'[^']*'::/g, "'…'::")
        .replace(/ = \d+\b/g, ' = …');
    });
  } catch (error) {
    return (error as Error).message.replaceAll(value, '…');
  }
}
