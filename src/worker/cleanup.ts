// Deleting what has expired, at a pace that those who wait for a token do not notice.
import { setTimeout as sleep } from 'node:timers/promises';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import type { Database } from '../db/connect.ts';
import type { WorkerServices } from '../services.ts';
import type { Counts } from './runs.ts';

/** Rows in a batch: as many as take about `milliseconds`. */
const batch = { first: 1_000, least: 100, most: 10_000, milliseconds: 50 };
/** How long one run goes on, in milliseconds: what is left waits for the next minute. */
const budget = 50_000;

type Backlog = { table: string; limit: number; before?: Batch };

/** How many rows were to be deleted, and how long that took. */
type Batch = { limit: number; took: number };

/** From when on a transaction that is open is told of: as milliseconds, or where nobody tells its age as transactions. */
const old = { milliseconds: 600_000, transactions: 100_000 };

/**
 * Deletes the expired rows of every table, one batch of each of a turn after the other, each batch in
 * a transaction of its own and followed by a pause as long as itself. Gives the rows deleted by
 * table, and in `unfinished` the tables for which time was too short.
 */
export async function deleteExpired(database: Database, signal?: AbortSignal): Promise<Counts> {
  const end = performance.now() + budget;
  const tables = await callAll(database, ops.expired_tables, {});
  const counts: Counts = {};
  let unfinished = 0;
  for (const turn of new Set(tables.map((one) => one.turn))) {
    let left = tables.filter((one) => one.turn === turn).map(newBacklog);
    while (unfinished === 0 && left.length > 0) {
      left = await deleteBatches(database, left, counts);
      if (signal?.aborted || performance.now() > end) unfinished = left.length;
    }
  }
  return unfinished > 0 ? { ...counts, unfinished } : counts;
}

function newBacklog({ table_name }: { table_name: string }): Backlog {
  return { table: table_name, limit: batch.first };
}

/** One batch of each table; gives those that may have more. */
async function deleteBatches(
  database: Database,
  backlogs: Backlog[],
  counts: Counts,
): Promise<Backlog[]> {
  const left: Backlog[] = [];
  for (const { table, limit, before } of backlogs) {
    const begin = performance.now();
    const { expired_delete: deleted } = await call(database, ops.expired_delete, { table, limit });
    const took = performance.now() - begin;
    if (deleted === 0) continue;
    counts[table] = (counts[table] ?? 0) + deleted;
    if (deleted < limit) continue;
    const batch = { limit, took };
    left.push({ table, limit: nextLimit(batch, before), before: batch });
    await sleep(took);
  }
  return left;
}

/**
 * How many rows the next batch is to have. While somebody keeps dead rows from being removed, each batch passes all that were
 * deleted before: then most of its time does not depend on its size, and a smaller one would only get less done.
 */
export function nextLimit({ limit, took }: Batch, before?: Batch): number {
  const [less, more] = [
    Math.max(batch.least, Math.floor(limit / 2)),
    Math.min(batch.most, limit * 2),
  ];
  if (took < batch.milliseconds / 2) return more;
  if (took <= batch.milliseconds * 2) return limit;
  if (!before || before.limit === limit) return less;
  const faster = limit / took / (before.limit / before.took);
  return (limit > before.limit ? faster : 1 / faster) > 1.5 ? more : less;
}

type HeldBack = { since: string | null; transactions: number };

export function isOld({ since, transactions }: HeldBack, now = Date.now()): boolean {
  return since === null
    ? transactions > old.transactions
    : now - Date.parse(since) > old.milliseconds;
}

/** Names whoever has kept dead rows from being removed for long. */
export async function tellHeldBack({ database, log }: Pick<WorkerServices, 'database' | 'log'>) {
  for (const held of await callAll(database, ops.held_back_read, {})) {
    if (isOld(held))
      log.warn(held, 'dead rows stay while this is open: tables grow, cleanup slows');
  }
}
