// Deleting what has expired, at a pace that those who wait for a token do not notice.
import { setTimeout as sleep } from 'node:timers/promises';
import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import type { Database } from '../db/connect.ts';
import type { Counts } from './runs.ts';

/** Rows in a batch: as many as take about `milliseconds`. */
const batch = { first: 1_000, least: 100, most: 10_000, milliseconds: 50 };
/** How long one run goes on, in milliseconds: what is left waits for the next minute. */
const budget = 50_000;

type Backlog = { table: string; limit: number };

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
  for (const { table, limit } of backlogs) {
    const begin = performance.now();
    const { expired_delete: deleted } = await call(database, ops.expired_delete, { table, limit });
    const took = performance.now() - begin;
    if (deleted === 0) continue;
    counts[table] = (counts[table] ?? 0) + deleted;
    if (deleted < limit) continue;
    left.push({ table, limit: nextLimit(limit, took) });
    await sleep(took);
  }
  return left;
}

function nextLimit(limit: number, took: number): number {
  if (took > batch.milliseconds * 2) return Math.max(batch.least, Math.floor(limit / 2));
  if (took < batch.milliseconds / 2) return Math.min(batch.most, limit * 2);
  return limit;
}
