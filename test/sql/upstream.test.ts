// What SQL decides of a sign-in at an upstream: whose account it is, once, in one browser.
import { beforeAll, describe, expect, test } from 'vitest';
import { api, ops } from '../../src/db/functions.ts';
import {
  ask,
  auditOf,
  type Client,
  makeClient,
  makeTenant,
  makeUser,
  makeWorld,
  operate,
  secret,
  type World,
} from '../support/fixtures.ts';
import { begin, type Flow, login, newBrowser } from '../support/flows.ts';

type State = { state_hash: Buffer; state_expires_at: number; browser_hash: Buffer };

let world: World;
let client: Client;

beforeAll(async () => {
  world = await makeWorld(8);
  client = await makeClient(world, 'app');
  await operate(world, ops.role_add, { role: 'team', title: 'Team' });
  await operate(world, ops.group_set, { group: 'crew', title: 'Crew', roles: ['team'] });
  const settings = { client_id: 'x', token_endpoint_auth_method: 'none', just_in_time: true };
  for (const name of ['discord', 'other']) {
    await operate(world, ops.upstream_add, {
      name,
      kind: 'discord',
      settings: { ...settings, settings: { role_groups: { r1: 'crew' }, subteams: { r1: 'sub' } } },
    });
  }
});

async function depart(flow: Flow, upstream = 'discord'): Promise<State> {
  const state_hash = secret();
  const { browser_hash } = flow.browser;
  const row = await ask(world, api.upstream_begin, {
    ...flow.request,
    browser_hash,
    sealed_request: secret(),
    upstream,
    state_hash,
  });
  return { state_hash, state_expires_at: row.state_expires_at ?? 0, browser_hash };
}

async function arrive(change: { resume?: boolean; upstream?: string } = {}): Promise<State> {
  const flow = await begin(world, newBrowser(), client);
  const state = await depart(flow, change.upstream);
  if (change.resume !== false) await ask(world, api.upstream_resume, state);
  return state;
}

function finish(state: State, subject: string, change: object = {}) {
  return ask(world, api.upstream_finish, {
    ...state,
    subject,
    username: `user-${subject}`,
    profile: { name: 'From there', email: 'there@example.com', email_verified: true },
    claims: { discord_id: subject },
    roles: ['r1', 'r2'],
    amr: [],
    present: true,
    sealed_tokens: secret(),
    checkable: true,
    session_hash: secret(),
    csrf_hash: secret(),
    ...change,
  });
}

async function stored(subject: string, upstream = 'discord') {
  const [row] = await world.database.sql`
    select a.*, u.username, array(select m.group_name from pgrant.group_members m
                                   where m.user_id = a.user_id and m.source = a.upstream) as groups
      from pgrant.upstream_accounts a join pgrant.users u using (tenant_id, user_id)
     where a.subject = ${subject} and a.upstream = ${upstream}`;
  return row;
}

describe('state [RFC 6749 10.12]', () => {
  test('has to come back before anybody is signed in, and signs in once', async () => {
    const early = await arrive({ resume: false });
    expect(await finish(early, 'early')).toMatchObject({ error: 'expired_request' });
    const state = await arrive();
    expect(await finish(state, 'once')).toMatchObject({ error: null, username: 'user-once' });
    expect(await finish(state, 'once')).toMatchObject({ error: 'expired_request' });
    expect(await ask(world, api.upstream_resume, state)).toMatchObject({
      error: 'expired_request',
      kind: null,
    });
  });

  test('is good in its own browser and at its own tenant, and burnt by no other', async () => {
    const state = await arrive({ resume: false });
    const theirs = { ...state, browser_hash: secret() };
    const refused = { error: 'expired_request', sealed_request: null };
    expect(await ask(world, api.upstream_resume, theirs)).toMatchObject(refused);
    const elsewhere = await makeTenant(world.database, 'elsewhere');
    expect(await ask(elsewhere, api.upstream_resume, state)).toMatchObject(refused);
    expect((await ask(world, api.upstream_resume, state)).error).toBeNull();
    expect(await finish(theirs, 'x')).toMatchObject({ error: 'expired_request' });
    expect((await finish(state, 'own')).error).toBeNull();
  });

  test('of a sign-in that failed is worth nothing, and why is recorded', async () => {
    const state = await arrive();
    const told = { ...state, error: 'upstream_failed' as never, error_reason: 'status 503' };
    expect((await ask(world, api.upstream_fail, told)).error).toBeNull();
    expect(await finish(state, 'failed')).toMatchObject({ error: 'expired_request' });
    expect((await auditOf(world, 'session.login')).map(({ reason }) => reason)).toContain(
      'status 503',
    );
  });
});

describe('the user of an account', () => {
  test('is made once, by whichever of two browsers is first', async () => {
    const states = await Promise.all([arrive(), arrive(), arrive()]);
    const rows = await Promise.all(states.map((state) => finish(state, 'race')));
    expect(rows.map(({ error }) => error)).toEqual([null, null, null]);
    const { sql } = world.database;
    expect(await sql`select from pgrant.users where username like 'user-race%'`).toHaveLength(1);
  });

  test('has a free username, and never one that another person has', async () => {
    await makeUser(world, 'USER-taken');
    await finish(await arrive(), 'taken');
    expect((await stored('taken'))?.username).toBe('user-taken@discord');
    await finish(await arrive({ upstream: 'other' }), 'taken');
    expect((await stored('taken', 'other'))?.username).toBe('user-taken@other');
  });

  test('who linked it keeps the profile of their own, and gets claims and groups', async () => {
    const user = await makeUser(world, 'lin', { email: 'lin@example.com' });
    await operate(world, ops.upstream_link, { name: 'discord', subject: 'l', username: 'lin' });
    expect((await finish(await arrive(), 'l')).username).toBe('lin');
    expect(await stored('l')).toMatchObject({
      user_id: user.user_id,
      made_user: false,
      profile: {},
      claims: { discord_id: 'l', roles: ['r1', 'r2'], subteams: ['sub'] },
      groups: ['crew'],
    });
  });

  test('can be linked in one live session only: that which asked for it', async () => {
    const user = await makeUser(world, 'sam');
    const browser = newBrowser();
    await login(world, await begin(world, browser, client), user);
    const state_hash = secret();
    const { browser_hash, session_hash, session_expires_at, csrf_hash } = browser;
    const asked = {
      browser_hash,
      session_hash,
      session_expires_at,
      upstream: 'discord',
      state_hash,
    };
    const forged = await ask(world, api.upstream_link_begin, { ...asked, csrf_hash: secret() });
    expect(forged.error).toBe('csrf_mismatch');
    const row = await ask(world, api.upstream_link_begin, { ...asked, csrf_hash });
    const state = { state_hash, state_expires_at: row.state_expires_at ?? 0, browser_hash };
    await ask(world, api.upstream_resume, state);
    expect(await finish(state, 'sam')).toMatchObject({ error: 'login_required' });
    expect(await stored('sam')).toBeUndefined();
  });
});

describe('groups of an upstream', () => {
  test('are replaced by what it says now, and those of an operator stay', async () => {
    await finish(await arrive(), 'g');
    const username = 'user-g';
    await operate(world, ops.group_set, { group: 'own', title: 'Own', roles: [] });
    await operate(world, ops.group_member, { group: 'own', username, member: true });
    await finish(await arrive(), 'g', { roles: [] });
    expect((await stored('g'))?.groups).toEqual([]);
    const { sql } = world.database;
    const left = await sql`select group_name from pgrant.group_members m
                            join pgrant.users u using (user_id) where u.username = ${username}`;
    expect(left).toEqual([{ group_name: 'own' }]);
  });

  test('go with the upstream, when it is disabled', async () => {
    await finish(await arrive({ upstream: 'other' }), 'd');
    expect((await stored('d', 'other'))?.groups).toEqual(['crew']);
    await operate(world, ops.upstream_disable, { name: 'other', disabled: true });
    expect((await stored('d', 'other'))?.groups).toEqual([]);
  });
});

test('an account is checked by one worker at a time, and a refresh token given once is kept', async () => {
  await finish(await arrive(), 'w');
  const { sealed_tokens } = (await stored('w')) ?? {};
  await finish(await arrive(), 'w', { sealed_tokens: null, checkable: false });
  expect(await stored('w')).toMatchObject({ sealed_tokens });
  await world.database.sql`
    update pgrant.upstream_accounts set check_after = now() where subject = 'w'`;
  const taken = await Promise.all(
    [1, 2, 3].map(() =>
      operate(world, ops.upstream_check_begin, { name: 'discord', subject: 'w' }),
    ),
  );
  expect(taken.filter((row) => row !== undefined)).toHaveLength(1);
});
