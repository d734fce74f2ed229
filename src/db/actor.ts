// Who is behind a statement, for the audit.
import type { Connection } from './connection.ts';

/** What an operator says of themselves. No rule asks it. */
export type Actor = {
  /** A person or a machine, such as ada@build-7. */
  user: string;
  reason: string | undefined;
};

const said = `select pg_catalog.set_config('pgrant.actor', $1, true), pg_catalog.set_config('pgrant.reason', $2, true)`;

/** Sends a statement in a transaction that knows its actor; what a session kept, a pooler would hand to others. */
export async function sendFor(
  actor: Actor,
  connection: Connection,
  text: string,
  values: (string | null)[],
): Promise<unknown[]> {
  await connection.send('begin', []);
  try {
    await connection.send(said, [actor.user, actor.reason ?? '']);
    const rows = await connection.send(text, values);
    await connection.send('commit', []);
    return rows;
  } catch (error) {
    // Where the connection broke, PostgreSQL has done so by itself.
    await connection.send('rollback', []).catch(() => {});
    throw error;
  }
}
