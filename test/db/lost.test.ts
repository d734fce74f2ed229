// Commands whose connection ends under them.
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runAlone, secret } from '../cli/cli.ts';
import { createDatabase } from '../support/database.ts';

const folder = mkdtempSync(join(tmpdir(), 'pgrant-lost-'));
afterAll(() => rmSync(folder, { recursive: true }));

const database = await createDatabase();
const { sql } = database;
/** One line, whatever it is that the connection was lost by. */
const line = (setting: string) => new RegExp(`^pgrant: ${setting} cannot be used: [^\\n]+\\n$`);

/** Ends the session that is at work as `part` and for which the condition holds. */
async function terminate(part: string, condition: string): Promise<void> {
  const ended = () => sql`
    select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name like ${`pgrant-${part}/%`} and ${sql.unsafe(condition)}`;
  await expect.poll(async () => (await ended()).length, { timeout: 20_000 }).toBe(1);
}

test('a release whose session is ended is one line', async () => {
  const holder = await sql.reserve();
  await holder`select pg_advisory_lock(${0x7067_7272}::bigint)`;
  const ending = runAlone({ DATABASE_OWNER_URL: database.url('postgres') }, ['release']);
  await terminate('release', "wait_event = 'advisory'");
  const { code, err } = await ending;
  await holder`select pg_advisory_unlock_all()`;
  holder.release();
  expect(code).toBe(1);
  expect(err).toMatch(line('DATABASE_OWNER_URL'));
}, 60_000);

test('a dump whose session is ended is one line, and leaves no file', async () => {
  const program = join(folder, 'pg_dump');
  writeFileSync(program, `#!/bin/sh\ntouch ${folder}/begun; sleep 3\n`);
  chmodSync(program, 0o700);
  const files = ['--to', join(folder, 'a.dump'), '--manifest', join(folder, 'a.manifest')];
  const environment = {
    DATABASE_BACKUP_URL: database.url('postgres'),
    PGRANT_SECRET: secret.toString('base64'),
  };
  const words = ['backup', 'dump', ...files, '--pg-dump', program];
  const dumping = runAlone(environment, words);
  await expect.poll(() => readdirSync(folder), { timeout: 20_000 }).toContain('begun');
  await terminate('cli', "state = 'idle in transaction'");
  const { code, out, err } = await dumping;
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatch(line('DATABASE_BACKUP_URL'));
  expect(readdirSync(folder).sort()).toEqual(['begun', 'pg_dump']);
}, 60_000);
