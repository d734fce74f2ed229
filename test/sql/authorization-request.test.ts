import { beforeAll, describe, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import {
  ask,
  auditOf,
  type Client,
  makeClient,
  makeUser,
  makeWorld,
  operate,
  secret,
  type User,
  type World,
} from '../support/fixtures.ts';
import { begin, decide, login, newBrowser, proceed } from '../support/flows.ts';

let world: World;
let spa: Client;
let ada: User;

beforeAll(async () => {
  world = await makeWorld();
  spa = await makeClient(world, 'spa', { token_endpoint_auth_method: 'none' });
  ada = await makeUser(world, 'ada');
});

describe('a stored request', () => {
  test('belongs to one browser: to any other it does not exist', async () => {
    const flow = await begin(world, newBrowser(), spa);
    await login(world, flow, ada);
    const thief = { ...flow, browser: { ...flow.browser, browser_hash: secret() } };
    expect(await proceed(world, thief)).toMatchObject({ error: 'expired_request', page: null });
    expect(await decide(world, thief)).toMatchObject({
      error: 'expired_request',
      code_expires_at: null,
    });
  });

  test('that came by POST belongs to the first browser that continues it', async () => {
    const first = newBrowser();
    const flow = await begin(world, first, spa, { browser_hash: null });
    expect(flow.row).toMatchObject({ next: 'continue', page: null });
    const nobody = { ...flow, browser: { ...first, browser_hash: null as never } };
    expect(await decide(world, nobody)).toMatchObject({ error: 'expired_request' });
    expect(await proceed(world, flow)).toMatchObject({ next: 'login' });
    const second = { ...flow, browser: newBrowser() };
    expect(await proceed(world, second)).toMatchObject({ error: 'expired_request' });
  });

  test.each([
    ['expired', 'set expires_at = now()'],
    ['answered', 'set completed_at = now()'],
  ])('that is %s gives nothing', async (_, change) => {
    const flow = await begin(world, newBrowser(), spa);
    await login(world, flow, ada);
    const hash = flow.request.request_hash.toString('hex');
    await world.database.sql.unsafe(
      `update pgrant.authorization_requests ${change} where request_hash = '\\x${hash}'`,
    );
    for (const row of [await proceed(world, flow), await decide(world, flow)]) {
      expect(row).toMatchObject({
        error: 'expired_request',
        code_expires_at: null,
        redirect_uri: null,
      });
    }
    expect((await auditOf(world, 'consent.decide')).at(-1)).toMatchObject({
      error: 'expired_request',
    });
  });

  test('of a client that is disabled meanwhile gives nothing', async () => {
    const client = await makeClient(world, 'brief');
    const flow = await begin(world, newBrowser(), client);
    await login(world, flow, ada);
    await proceed(world, flow);
    await operate(world, ops.client_disable, { client_id: 'brief', disabled: true });
    expect(await decide(world, flow)).toMatchObject({
      error: 'expired_request',
      code_expires_at: null,
    });
  });

  test('is shown on pages with members that the comment of their column names', async () => {
    const [described] = await world.database.sql`
      select substring(col_description('pgrant_api.authorization'::regclass, attnum) from '{.*}') as members
        from pg_attribute where attrelid = 'pgrant_api.authorization'::regclass and attname = 'page'`;
    const flow = await begin(world, newBrowser(), spa);
    const pages = [flow.row.page];
    await login(world, flow, ada);
    pages.push((await proceed(world, flow)).page);
    const shown = pages.flatMap((page) => Object.keys(page as object));
    const named = new Set(described?.members.match(/\w+/g));
    expect(shown.filter((member) => !named.has(member))).toEqual([]);
    expect(shown).toContain('choice');
  });

  test('is answered once, though it is allowed four times at once', async () => {
    const flow = await begin(world, newBrowser(), spa, { prompt: ['consent'] });
    await login(world, flow, ada);
    await proceed(world, flow);
    const rows = await Promise.all(
      [1, 2, 3, 4].map(() => decide(world, { ...flow, code_hash: secret() })),
    );
    expect(rows.filter(({ code_expires_at }) => code_expires_at !== null)).toHaveLength(1);
    expect(rows.filter(({ error }) => error === 'expired_request')).toHaveLength(3);
  });

  test('gives no code without a session, whatever else is right [login before consent]', async () => {
    const flow = await begin(world, newBrowser(), spa);
    for (const allow of [true, false]) {
      const row = await ask(world, api.consent_decide, {
        ...flow.request,
        browser_hash: flow.browser.browser_hash,
        code_hash: flow.code_hash,
        allow,
        devices: [],
      });
      expect(row).toMatchObject({
        error: null,
        next: 'continue',
        code_expires_at: null,
        response_error: null,
      });
    }
    expect(await proceed(world, flow)).toMatchObject({ next: 'login', code_expires_at: null });
  });
});
