// A release that waits for a transaction that no process holds.
import { dirname } from 'node:path';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { findPrograms } from '../../src/embedded/embedded-run.ts';
import { watchBlockers } from '../../src/release/blockers.ts';
import { withServer } from '../support/other-postgres.ts';

const programs = dirname((await findPrograms()).postgres);

test(
  'a prepared transaction is named, by what ends it',
  () =>
    withServer(
      programs,
      async (url) => {
        const sql = postgres(url, { max: 1 });
        const [own] = await sql`select pg_backend_pid() as pid`;
        await sql.unsafe('create table held ()');
        await sql.unsafe(`begin; lock table held; prepare transaction 'left behind'`);
        const told: string[] = [];
        const blockers = watchBlockers(url, own?.pid, (who) => told.push(who));
        const waiting = sql
          .unsafe(`set lock_timeout = '8s'; lock table held`)
          .catch(({ code }) => code);
        expect(await waiting).toBe('55P03');
        const who =
          /^the prepared transaction left behind of role postgres \(since 20.*Z, until commit or rollback prepared\)$/;
        expect(told).toEqual([expect.stringMatching(who)]);
        await Promise.all([blockers.stop(), sql.end()]);
      },
      { settings: { max_prepared_transactions: '1' } },
    ),
  60_000,
);
