// The pages of the console about people: lists of one person that are longer than a page.
import { beforeAll, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, password, startAcme } from '../support/acme.ts';
import { Browser, type Page } from '../support/browser.ts';
import { addUser } from '../support/issuer.ts';

let acme: Acme;
const browser = new Browser();
const username = 'a/b %';

beforeAll(async () => {
  acme = await startAcme();
  const { tenant, database } = acme;
  await call(database.worker, ops.admin_enable, { tenant });
  await call(database.worker, ops.role_assign, { tenant, role: 'pgrant.admin', username: 'ada' });
  await browser.submit(await browser.open(`${acme.issuer}/admin`), { username: 'ada', password });
  await addUser(database, tenant, username, password);
});

const addSessions = (count: number) => acme.database.sql`
  insert into pgrant.sessions (tenant_id, session_hash, expires_at, session_id, user_id, auth_time, acr, amr, csrf_hash,
                               idle_expires_at, last_seen_at)
  select u.tenant_id, sha256(random()::text::bytea), now() + interval '1 day', gen_random_uuid(), u.user_id,
         now() - interval '1 second' * (n / 3), '1', '{pwd}', sha256('c'), now() + interval '1 day', now()
    from generate_series(1, ${count}::integer) n, pgrant.users u where u.username = ${username}`;

const rowsOf = ({ html }: Page) => html.match(/<td data-label="Signed in">/g)?.length ?? 0;

test('the page of a person has ten sessions, and leads to all of them, a page after the other', async () => {
  const at = `${acme.issuer}/oauth/admin/users/${encodeURIComponent(username)}`;
  await addSessions(10);
  const few = await browser.open(at);
  expect([rowsOf(few), few.html.includes('All sessions')]).toEqual([10, false]);
  await addSessions(60);
  const many = await browser.open(at);
  const [, href = ''] = /<a href="([^"]*)">All sessions/.exec(many.html) ?? [];
  expect(rowsOf(many)).toBe(10);
  const first = await browser.open(new URL(href, many.url));
  const [, next = ''] = /rel="next" href="([^"]*)"/.exec(first.html) ?? [];
  const second = await browser.open(new URL(next.replaceAll('&amp;', '&'), first.url));
  expect([rowsOf(first), rowsOf(second)]).toEqual([50, 20]);
  expect(second.html).not.toContain('rel="next"');
});
