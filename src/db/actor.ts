// Who is behind a statement, for the audit.
import type { Connection } from './connection.ts';

/** What an operator says of themselves. No rule asks it. */
export type Actor = {
  /** A person or a machine, such as ada@build-7. */
  user: string;
  reason: string | undefined;
};

/** Citus hands on to its nodes what SET LOCAL says, if told to. A placeholder elsewhere. */
const handedOn = `set local citus.propagate_set_commands = 'local'`;

/** Work in a transaction that knows its actor, if it has one; what a session kept, a pooler would hand to others. */
export async function together<T>(
  actor: Actor | undefined,
  connection: Connection,
  work: () => Promise<T>,
): Promise<T> {
  await connection.send('begin', []);
  try {
    if (actor) {
      await connection.send(handedOn, []);
      await connection.send(`set local pgrant.actor = ${literal(actor.user)}`, []);
      await connection.send(`set local pgrant.reason = ${literal(actor.reason ?? '')}`, []);
    }
    const result = await work();
    await connection.send('commit', []);
    return result;
  } catch (error) {
    // Where the connection broke, PostgreSQL has done so by itself.
    await connection.send('rollback', []).catch(() => {});
    throw error;
  }
}

/** SET takes no parameters. */
function literal(value: string): string {
  return ` E'${value.replace(/[\\']/g, '\\$&')}'`;
}
