// Several statements in one transaction, on a postgres.js instance of their own.
import type { Sql, TransactionSql } from 'postgres';
import { isLost } from './broken.ts';

/**
 * As sql.begin(); but where the connection is lost nothing more is sent. postgres.js (3.4.9) sends the rollback all the
 * same, and then throws past its caller, or waits for an answer for ever; so does its end() without a timeout. Throws what
 * the server said at parting.
 */
export async function inTransaction<Result>(
  sql: Sql,
  use: (transaction: TransactionSql) => Promise<Result>,
  mode = '',
): Promise<Result> {
  let parting: unknown;
  let isOver = false;
  const nothing = () => new Promise<never>(() => {});
  const work = (transaction: TransactionSql) =>
    use(transaction).then(
      (result) => (isOver ? nothing() : result),
      (error) => {
        if (!isOver && !isLost(error)) throw error;
        parting ??= error;
        return nothing();
      },
    );
  try {
    return (await sql.begin(mode, work)) as Result;
  } catch (error) {
    isOver = true;
    throw parting ?? error;
  }
}
