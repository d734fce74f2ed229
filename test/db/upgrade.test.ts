// Old and new web processes side by side, while the database is released under them.
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { release } from '../../src/release/release.ts';
import { type Acme, discover, obtainTokens, startAcme } from '../support/acme.ts';
import { startWebProcess } from '../support/process.ts';
import { post, refresh } from '../support/refreshing.ts';
import { sqlVariant } from '../support/sql.ts';

const lanes = 6;
let acme: Acme;
let tokens: string[];
const processes: string[] = [];

beforeAll(async () => {
  acme = await startAcme();
  const config = await discover(acme, acme.web);
  const given = Array.from({ length: lanes }, () => obtainTokens(config));
  tokens = (await Promise.all(given)).map(({ refresh_token }) => refresh_token ?? '');
  processes.push(await startWebProcess(acme.database.url('pgrant_web')));
});

const read = (file: string) =>
  readFileSync(new URL(`../../sql/functions/${file}`, import.meta.url), 'utf8');

/** The release after this one: results of the hot path have a column more. */
function nextRelease(): string {
  const files = ['token', 'token-issue', 'introspection', 'tenant'].map(
    (name) => `core/${name}.sql`,
  );
  const texts = files.map((file) =>
    read(file)
      .replace(
        /(create type pgrant_api\.(?:tokens|introspection|tenant) as \([^;]*)\n\);/g,
        '$1,\n  added text\n);',
      )
      // Behind the last column of what is made as a row.
      .replace(/\n +\)::pgrant_api\.(?:introspection|tokens)/, ', null::text$&'),
  );
  expect(texts.map((text) => text.split('added text').length - 1)).toEqual([1, 0, 1, 1]);
  return sqlVariant(
    Object.fromEntries(files.map((file, at) => [`functions/${file}`, texts[at] ?? ''])),
  );
}

test('no request fails while a release changes result types under old and new processes', async () => {
  const { url } = acme.database;
  const failures: unknown[] = [];
  let requests = 0;
  let releasing = true;
  const lane = async (_: unknown, index: number) => {
    while (releasing) {
      const at = () => processes[requests++ % processes.length] ?? '';
      const given = await refresh(acme, tokens[index] ?? '', at());
      const token = given.access_token ?? '';
      const seen = await post(acme, '/oauth/introspect', { token }, at());
      const own = await post(acme, '/oauth/token', { grant_type: 'client_credentials' }, at());
      if (given.status !== 200) failures.push(given);
      else tokens[index] = given.refresh_token ?? '';
      if (seen.status !== 200 || seen.active !== true) failures.push(seen);
      if (own.status !== 200) failures.push(own);
    }
  };
  const load = Promise.all(Array.from({ length: lanes }, lane));
  const states: string[] = [];
  const state = async () => {
    const answer = await fetch(`${processes[0]}/readyz`);
    const { release: known } = (await answer.json()) as { release: { state: string } };
    states.push(`${answer.status} ${known.state}`);
  };
  const releases = async () => {
    await state();
    const next = nextRelease();
    expect((await release(url('postgres'), next)).reloaded).toBe(true);
    // The old process goes on beside a new one, and back again where the new one is not wanted.
    processes.push(await startWebProcess(url('pgrant_web')));
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await state();
    for (const folder of [undefined, next, undefined, next]) {
      expect((await release(url('postgres'), folder)).reloaded).toBe(true);
    }
  };
  await Promise.all([releases().finally(() => (releasing = false)), load]);
  expect(failures).toEqual([]);
  expect(states).toEqual(['200 current', '200 other']);
  expect(requests).toBeGreaterThan(100);
  const [row] = await acme.database.sql`
    select count(*)::int as n from pgrant.token_families where revoked_at is not null`;
  expect(row?.n).toBe(0);
}, 240_000);
