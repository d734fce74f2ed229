// A call that is undone, and whether it has changed anything of the other tenant.
import type { Outcome } from './attempts.ts';
import { fingerprintQuery } from './foreign.ts';

type Session = { unsafe: (text: string) => Promise<unknown> };
/** The state of the other tenant in each of some tables. */
type State = Record<string, string>;
/** What one session tries again and again, and the state of the other tenant before. */
export type Ground = { session: Session; other: string; before: State };

/**
 * Looks at the other tenant; planned once in a session, unlike what is executed as a text. Only tables that were written are
 * worth a look: whoever writes to one, or empties it, holds a lock on it until the transaction ends.
 */
const makeLook = (names: string[], other: string) => `
  create function pg_temp.written() returns text[] language plpgsql as $$
  begin
    return (
      select coalesce(array_agg(distinct c.relname::text), '{}')
        from pg_locks l join pg_class c on c.oid = coalesce(pg_partition_root(l.relation), l.relation)
       where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.mode not in ('AccessShareLock', 'RowShareLock')
         and c.relnamespace = 'pgrant'::regnamespace and c.relname = any (${arrayOf(names)}));
  end $$;
  create function pg_temp.state(p_tables text[]) returns jsonb language plpgsql as $$
  declare
    v_table text;
    v_fingerprint text;
    v_state jsonb := '{}';
  begin
    foreach v_table in array p_tables loop
      case v_table
      ${names.map((name) => `when '${name}' then v_fingerprint := (${fingerprintQuery([name], other)});`).join('\n')}
      end case;
      v_state := v_state || jsonb_build_object(v_table, v_fingerprint);
    end loop;
    return v_state;
  end $$`;
export const dropLook =
  'drop function if exists pg_temp.state(text[]); drop function if exists pg_temp.written()';

const arrayOf = (names: string[]) => `array['${names.join("', '")}']`;

const become = (role: string, other: string) =>
  `select set_config('pgrant.tenant', '${other}', true), set_config('role', '${role}', true);`;

/** The last row of some statements. */
async function ask<Row>(session: Session, statements: string): Promise<Row | undefined> {
  const results = (await session.unsafe(statements)) as Row[][];
  return results.at(-1)?.[0];
}

/** The state of the other tenant as its own functions see it, in those tables. */
async function look({ session, other }: Omit<Ground, 'before'>, tables: string, first: string) {
  const row = await ask<{ state: State }>(
    session,
    `${first} ${become('pgrant_definer', other)} select pg_temp.state(${tables}) as state`,
  );
  return row?.state ?? {};
}

/** Makes a session ready for attempts, until dropLook. */
export async function prepare(session: Session, other: string, names: string[]): Promise<Ground> {
  await session.unsafe(makeLook(names, other));
  const before = await look({ session, other }, arrayOf(names), 'begin;');
  await session.unsafe('rollback');
  return { session, other, before };
}

/**
 * Calls, looks, and undoes. What others change meanwhile is not taken for a change by the call: all is one snapshot, and
 * what differs is compared with the state after the call was undone.
 */
export async function attempt(ground: Ground, role: string, call: string): Promise<Outcome> {
  const { session, other } = ground;
  try {
    const { answer, error } = await answerTo(session, other, role, call);
    // An error has undone all that the call did.
    return { answer, error, changed: error === null && (await hasChanged(ground)) };
  } finally {
    await session.unsafe('rollback');
  }
}

async function answerTo(session: Session, other: string, role: string, call: string) {
  try {
    // The call is made in a session that has been told the other tenant's id, too.
    const begin = `begin isolation level repeatable read; savepoint call; ${become(role, other)}`;
    const row = await ask<{ answer: string }>(session, `${begin} ${call}`);
    return { answer: row?.answer ?? '', error: null };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    // Without one the connection is gone, and whatever was to be found out.
    if (code === undefined || !/^[0-9A-Z]{5}$/.test(code)) throw error;
    return { answer: message, error: code };
  }
}

async function hasChanged(ground: Ground): Promise<boolean> {
  const after = await look(ground, 'pg_temp.written()', '');
  const suspects = Object.keys(after).filter((name) => after[name] !== ground.before[name]);
  if (suspects.length === 0) return false;
  const undone = await look(ground, arrayOf(suspects), 'rollback to call;');
  return suspects.some((name) => after[name] !== undone[name]);
}
