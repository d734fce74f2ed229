// How the proof calls: where a tenant's rows are, and at the coordinator of several nodes, which hands calls on.
import type { ReservedSql, Sql } from 'postgres';
import { asText, type Callable, type Outcome } from './attempts.ts';
import { attempt, dropLook, prepare } from './undone.ts';

/** Each call in one session, in a transaction that is undone. `tables` are those in which the other tenant has rows. */
export async function callsUndone(sql: Sql, other: string, tables: string[]) {
  const session = await sql.reserve();
  const ground = await prepare(session, other, tables);
  return {
    call: (role: string, call: string) => attempt(ground, role, asText(call)),
    // Each call was looked at.
    hasChanged: async () => false,
    end: async () => {
      await session.unsafe(dropLook);
      session.release();
    },
  };
}

/** What undoes, ends or takes away comes last, or there would be nothing to call the others with. */
const ending =
  /_(remove|delete|disable|revoke|withdraw|sign_out|deny|suspend|reject|unlink|end|leave|begin_anew)$/;

export const endingLast = (functions: Callable[]): Callable[] =>
  functions.toSorted((a, b) => rank(a.name) - rank(b.name));

const rank = (name: string): number => (name === 'tenant_remove' ? 2 : ending.test(name) ? 1 : 0);

/** The state of the other tenant, as a text; `last` is how it was when it was looked at last. */
export type Watch = { other: string; look: () => Promise<string>; last: string };

/**
 * Calls as a session of the role does. It is not undone: Citus hands on no call within a transaction, and comes
 * to the node by a connection for each role, of which one does not see what another has not committed.
 */
export async function callsThrough(sql: Sql, watch: Watch) {
  const session = await sql.reserve();
  return {
    call: (role: string, call: string) => callThrough(session, watch.other, role, call),
    /** Since it was asked last. */
    hasChanged: async () => {
      const { last } = watch;
      watch.last = await watch.look();
      return watch.last !== last;
    },
    end: async () => session.release(),
  };
}

async function callThrough(
  session: ReservedSql,
  other: string,
  role: string,
  call: string,
): Promise<Outcome> {
  const outcome: Outcome = { answer: '[]', error: null, changed: false };
  try {
    await session`select set_config('pgrant.tenant', ${other}, false), set_config('role', ${role}, false)`;
    const rows = await session.unsafe(`select * from ${call}`);
    outcome.answer = JSON.stringify([...rows].map(textual));
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === undefined || !/^[0-9A-Z]{5}$/.test(code)) throw error;
    return { answer: message, error: code, changed: false };
  } finally {
    await session`reset role`;
  }
  return outcome;
}

/** Bytes as PostgreSQL writes them. */
function textual(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  if (Array.isArray(value)) return value.map(textual);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, textual(one)]));
}
