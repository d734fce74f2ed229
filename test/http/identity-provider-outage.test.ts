// A Discord that is down, slow, or limits the rate: told to people, survived by what is known.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Browser } from '../support/browser.ts';
import { makeUser } from '../support/fixtures.ts';
import {
  account,
  type Guild,
  obtain,
  recheck,
  reset,
  says,
  signIn,
  startGuild,
  visit,
} from '../support/guild.ts';

let guild: Guild;

beforeAll(async () => {
  guild = await startGuild();
});

beforeEach(() => reset(guild.discord));

describe('an outage', () => {
  test('is told on a page that offers the other ways to sign in, and recorded', async () => {
    const browser = new Browser();
    const { callback } = await visit(guild, 'discord', browser);
    guild.discord.down = true;
    const page = await browser.open(callback);
    says(page, 'is not answering', 503);
    expect(page.html).not.toContain('upstream connect error');
    const id = /<code>([\w-]{36})<\/code>/.exec(page.html)?.[1] ?? '';
    const { sql } = guild.acme.database;
    const [event] = await sql`
      select error, reason from pgrant_report.audit_events where request_id = ${id} and action = 'session.login'`;
    expect(event).toMatchObject({
      error: 'upstream_failed',
      reason: expect.stringContaining('503'),
    });
    expect(guild.acme.lines.some((line) => line.includes(id) && line.includes('503'))).toBe(true);
  });

  test('keeps what was known, is visible to operators, and is asked again', async () => {
    await obtain(guild);
    guild.discord.down = true;
    await recheck(guild);
    const { groups, last_error } = await account(guild);
    expect(groups).toEqual(['engineers']);
    expect(last_error).toContain('503');
    guild.discord.down = false;
    await recheck(guild);
    expect((await account(guild)).last_error).toBeNull();
  });

  test('of a bot that was put out of the guild takes no groups from anybody', async () => {
    await obtain(guild);
    guild.discord.botInGuild = false;
    await recheck(guild);
    const { groups, lost_at, last_error } = await account(guild);
    expect({ groups, lost_at }).toEqual({ groups: ['engineers'], lost_at: null });
    expect(last_error).toContain('10004');
  });

  test('that is slowness is given up after five seconds, with nobody signed in', async () => {
    const browser = new Browser();
    const { callback } = await visit(guild, 'discord', browser);
    guild.discord.slow = 20_000;
    says(await browser.open(callback), 'is not answering', 503);
    expect(browser.cookies.some(({ name }) => name === 'pgrant_session')).toBe(false);
  });

  test('that is slowness has the worker ask about a few, and about the others in five minutes', {
    timeout: 30_000,
  }, async () => {
    await obtain(guild);
    const { database, tenant } = guild.acme;
    for (let n = 0; n < 40; n++) await makeUser({ database, tenant }, `colleague-${n}`);
    await database.sql`
      insert into pgrant.upstream_accounts
      select (jsonb_populate_record(a, jsonb_build_object('user_id', u.user_id, 'subject', u.user_id))).*
        from pgrant.upstream_accounts a join pgrant.users u on u.tenant_id = a.tenant_id
       where a.tenant_id = ${tenant} and a.upstream = 'discord' and u.username like 'colleague-%'`;
    guild.discord.slow = 20_000;
    expect(await recheck(guild)).toBe(41);
    const [waiting] = await database.sql`
      select count(*) filter (where last_error is null)::integer as unasked, bool_and(check_after > now()) as later
        from pgrant.upstream_accounts where tenant_id = ${tenant} and upstream = 'discord'`;
    expect(waiting?.unasked).toBeGreaterThan(30);
    expect(waiting?.later).toBe(true);
    await database.sql`delete from pgrant.upstream_accounts where subject ~ '-'`;
  });
});

describe('a rate limit [429 with Retry-After]', () => {
  test('that is short is waited for once', async () => {
    guild.discord.limited = { times: 1, seconds: 0.2 };
    await obtain(guild);
    expect(guild.discord.seen.filter((line) => line.startsWith('POST'))).toHaveLength(2);
  });

  test('that is long is told at once, and kept by the worker', async () => {
    await obtain(guild);
    guild.discord.limited = { times: 100, seconds: 900 };
    const begin = performance.now();
    says((await signIn(guild)).page, 'is not answering', 503);
    expect(performance.now() - begin).toBeLessThan(3000);
    await recheck(guild);
    const { check_after } = await account(guild);
    expect(Date.parse(check_after ?? '') - Date.now()).toBeGreaterThan(800_000);
  });
});
