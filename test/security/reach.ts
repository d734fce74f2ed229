// What a role gets of a tenant's rows without any function.
import type { ReservedSql, Sql, TransactionSql } from 'postgres';
import type { Query } from './attempts.ts';

export type Reached = { role: string; table: string; verb: string; rows: number };

/** Queries as the owner of the functions does, in a tenant. Nothing that they change stays. */
export function inTenant(sql: Sql, tenant: string): Query {
  return (text) => undone(sql, 'pgrant_definer', tenant, (session) => session.unsafe(text));
}

class Undo extends Error {
  readonly rows: unknown[];
  constructor(rows: unknown[]) {
    super('undone');
    this.rows = rows;
  }
}

async function undone(
  sql: Sql,
  role: string,
  tenant: string,
  ask: (session: TransactionSql) => Promise<unknown[]>,
): Promise<unknown[]> {
  try {
    return await sql.begin(async (session) => {
      await session`select set_config('pgrant.tenant', ${tenant}, true), set_config('role', ${role}, true)`;
      throw new Undo(await ask(session));
    });
  } catch (error) {
    if (error instanceof Undo) return error.rows;
    throw error;
  }
}

/** Each table, role and verb by which rows of `other` are reached; none where tenants are isolated. */
export async function reach(sql: Sql, at: string, other: string): Promise<Reached[]> {
  const tables = (await sql.unsafe(`
    select c.relname as name,
           (select l.attname from pg_attribute l where l.attrelid = c.oid and l.attnum > 0 and l.attname <> 'tenant_id'
               and not l.attisdropped and l.attgenerated = '' order by l.attnum desc limit 1) as column
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
     where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and c.relname not in ('issuers', 'auditors')
     order by 1`)) as unknown as { name: string; column: string }[];
  // The definer has entered the first tenant; the others claim to be in the second.
  const roles = [
    ['pgrant_definer', at],
    ['pgrant_owner', other],
    ['pgrant_web', other],
    ['pgrant_worker', other],
    ['pgrant_product', other],
    ['pgrant_resource_server', other],
  ] as const;
  const reached: Reached[] = [];
  const session = await sql.reserve();
  try {
    for (const [role, entered] of roles) {
      for (const { name, column } of tables) {
        for (const [verb, statement] of [
          ['read', `select from pgrant.${name} where tenant_id = '${other}'`],
          [
            'change',
            `update pgrant.${name} set ${column} = ${column} where tenant_id = '${other}' returning 1`,
          ],
          ['remove', `delete from pgrant.${name} where tenant_id = '${other}' returning 1`],
        ] as const) {
          const rows = await rowsReached(session, role, entered, statement);
          if (rows > 0) reached.push({ role, table: name, verb, rows });
        }
      }
    }
  } finally {
    session.release();
  }
  return reached;
}

/** Sent as one, for there are a thousand of these. */
async function rowsReached(session: ReservedSql, role: string, tenant: string, statement: string) {
  try {
    const [, , rows] = await session.unsafe(`
      begin;
      select set_config('pgrant.tenant', '${tenant}', true), set_config('role', '${role}', true);
      ${statement};
      rollback`);
    return (rows as unknown as unknown[]).length;
  } catch (error) {
    await session`rollback`;
    // Denied, which is the best answer of all.
    if ((error as { code?: string }).code === '42501') return 0;
    throw error;
  }
}
