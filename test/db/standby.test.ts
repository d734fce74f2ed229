// A standby: it is read from, and whoever has to write is told so in a line.
import { dirname } from 'node:path';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { connect } from '../../src/db/connect.ts';
import { findPrograms } from '../../src/embedded/embedded-run.ts';
import { webProbes } from '../../src/http/health.ts';
import { release } from '../../src/release/release.ts';
import { run, runAlone, secret } from '../cli/cli.ts';
import { withServer } from '../support/other-postgres.ts';
import { questions } from '../support/questions.ts';

const programs = dirname((await findPrograms()).postgres);
const as = (url: string, login: string) => url.replace('//postgres@', `//${login}@`);
const settings = (url: string) => ({
  DATABASE_URL: as(url, 'pgrant_web'),
  DATABASE_WORKER_URL: as(url, 'pgrant_worker'),
  PGRANT_SECRET: secret.toString('base64'),
});

async function fill(url: string): Promise<void> {
  await release(url);
  const lines = [
    'tenant add acme --issuer https://id.example/acme',
    'scope add export --tenant acme --title Export',
    'auditor add --role auditor',
  ];
  const sql = postgres(url, { max: 1 });
  await sql`create role auditor login in role pgrant_auditor`;
  await sql.end();
  for (const line of lines)
    expect(await run(settings(url), line.split(' '))).toMatchObject({ code: 0 });
}

test(
  'a standby answers who reads, and says of itself that nothing can be written',
  () =>
    withServer(
      programs,
      async (url) => {
        const pgrant = (line: string) => run(settings(url), line.split(' '));
        expect(await pgrant('audit verify --tenant acme')).toMatchObject({ code: 0 });
        const [line, code] = [/^pgrant: DATABASE_WORKER_URL is of a standby, .*\n$/, 1];
        for (const writes of [
          'scope add b --tenant acme --title B',
          'audit checkpoint --tenant acme',
        ])
          expect(await pgrant(writes)).toEqual({ code, out: '', err: expect.stringMatching(line) });
        const worker = await runAlone({ ...settings(url), LOG_LEVEL: 'silent' }, ['worker']);
        expect(worker).toEqual({ code, out: '', err: expect.stringMatching(line) });

        const database = connect(as(url, 'pgrant_web'), 'pgrant_web');
        const auditor = postgres(as(url, 'auditor'), { max: 1 });
        try {
          const health = await webProbes({ database, secret }).health();
          expect(health).toMatchObject({ status: 'unavailable', database: 'standby' });
          for (const { query } of questions) {
            const asked = query.replace("'2026-03-01 12:00+00'", 'now()');
            expect(await auditor.unsafe(asked)).toBeInstanceOf(Array);
          }
        } finally {
          await Promise.all([database.end(), auditor.end()]);
        }
      },
      { standby: fill },
    ),
  120_000,
);
