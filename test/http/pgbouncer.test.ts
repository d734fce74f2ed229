import { describe, expect, test } from 'vitest';
import { connect } from '../../src/db/connect.ts';
import { createLog } from '../../src/log.ts';
import { loadConfig } from '../../src/settings/config.ts';
import { startWorker } from '../../src/worker/worker.ts';
import { type Acme, discover, obtainTokens, startAcme } from '../support/acme.ts';
import { secret } from '../support/issuer.ts';
import { hasPgbouncer, serverConnections, startPgbouncer } from '../support/pgbouncer.ts';
import { post, refresh } from '../support/refreshing.ts';
import { jobs, until } from '../worker/worker.ts';

const there = hasPgbouncer();
const through = there ? await startPgbouncer() : undefined;

// Before version 1.21 it keeps no prepared statements; postgres.js then prepares again what is missing.
describe.runIf(there).each([true, false])(
  'behind PgBouncer in transaction mode with DATABASE_PREPARE=%s',
  (prepare) => {
    let acme: Acme;
    const url = (login: 'pgrant_web' | 'pgrant_worker') =>
      through?.(login, acme.database.name) ?? '';

    test('people sign in, applications refresh at once, and few connections do it all', async () => {
      acme = await startAcme({
        web: (name) =>
          connect(through?.('pgrant_web', name) ?? '', 'pgrant_web', { pool: 8, prepare }),
      });
      const { database } = acme;
      const config = await discover(acme, acme.web);
      const held = await Promise.all(Array.from({ length: 4 }, () => obtainTokens(config)));
      const lane = async (token: string) => {
        let current = token;
        for (let n = 0; n < 10; n++) {
          const given = await refresh(acme, current);
          expect(given).toMatchObject({ status: 200 });
          current = given.refresh_token ?? '';
          const form = { token: given.access_token ?? '' };
          expect(await post(acme, '/oauth/introspect', form)).toMatchObject({
            active: true,
          });
        }
      };
      await Promise.all(held.map(({ refresh_token }) => lane(refresh_token ?? '')));
      const [row] = await database.sql`
        select count(*)::int as n from pg_stat_activity
         where datname = current_database() and usename = 'pgrant_web'`;
      expect(row?.n).toBeGreaterThan(0);
      expect(row?.n).toBeLessThanOrEqual(serverConnections);
    });

    test('the worker does its tasks through it', async () => {
      const { database } = acme;
      const own = connect(url('pgrant_worker'), 'pgrant_worker', { pool: 2, prepare });
      const stop = await startWorker({
        config: { ...loadConfig({}), databasePrepare: prepare },
        log: createLog('silent'),
        secret,
        database: own,
        url: url('pgrant_worker'),
      });
      await database.as('pgrant_worker')`select graphile_worker.add_job('cleanup', '{}')`;
      await until(async () => (await jobs(database)).length === 0);
      await stop();
      await own.end();
      const runs = await database.sql`
        select distinct task from pgrant.task_runs where error is null and finished_at is not null order by task`;
      expect(runs.map(({ task }) => task)).toEqual(
        expect.arrayContaining(['cleanup', 'partitions']),
      );
    });
  },
);
