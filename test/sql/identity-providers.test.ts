// What SQL decides of a sign-in at an upstream: whose account it is, once, in one browser.
import { beforeAll, describe, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import { beside } from '../support/beside.ts';
import { arrive, type Club, finish, makeClub, stored } from '../support/club.ts';
import {
  ask,
  auditOf,
  makeTenant,
  makeUser,
  operate,
  secret,
  type World,
} from '../support/fixtures.ts';
import { begin, login, newBrowser } from '../support/flows.ts';

let club: Club;
let world: World;

beforeAll(async () => {
  club = await makeClub();
  ({ world } = club);
});

describe('state [RFC 6749 10.12]', () => {
  test('has to come back before anybody is signed in, and signs in once', async () => {
    const early = await arrive(club, { resume: false });
    expect(await finish(club, early, 'early')).toMatchObject({ error: 'expired_request' });
    const state = await arrive(club);
    expect(await finish(club, state, 'once')).toMatchObject({ error: null, username: 'user-once' });
    expect(await finish(club, state, 'once')).toMatchObject({ error: 'expired_request' });
    expect(await ask(world, api.upstream_resume, state)).toMatchObject({
      error: 'expired_request',
      kind: null,
    });
  });

  test('is good in its own browser and at its own tenant, and burnt by no other', async () => {
    const state = await arrive(club, { resume: false });
    const theirs = { ...state, browser_hash: secret() };
    const refused = { error: 'expired_request', sealed_request: null };
    expect(await ask(world, api.upstream_resume, theirs)).toMatchObject(refused);
    const elsewhere = await makeTenant(world.database, 'elsewhere');
    expect(await ask(elsewhere, api.upstream_resume, state)).toMatchObject(refused);
    expect((await ask(world, api.upstream_resume, state)).error).toBeNull();
    expect(await finish(club, theirs, 'x')).toMatchObject({ error: 'expired_request' });
    expect((await finish(club, state, 'own')).error).toBeNull();
  });

  test('is good at the redirect URI of its own upstream only, and over when it comes to another [RFC 9700 4.4.2.2]', async () => {
    const user = await makeUser(world, 'mix');
    const browser = newBrowser();
    await login(world, await begin(world, browser, club.client), user);
    const linked = { ...browser, upstream: 'discord', state_hash: secret() };
    const { state_expires_at } = await ask(world, api.upstream_link_begin, linked);
    const linking = { ...linked, state_expires_at: state_expires_at ?? 0 };
    for (const state of [await arrive(club, { resume: false }), linking]) {
      for (const upstream of ['other', 'nobody', null]) {
        const row = await ask(world, api.upstream_resume, { ...state, upstream });
        expect(row).toMatchObject({ error: 'expired_request', kind: null, sealed_request: null });
      }
      expect((await ask(world, api.upstream_resume, state)).error).toBe('expired_request');
      expect(await finish(club, state, 'mixed-up')).toMatchObject({ error: 'expired_request' });
    }
    for (const upstream of [null, 'discord ', 'DISCORD']) {
      const state = await arrive(club, { resume: false });
      const row = await ask(world, api.upstream_resume, { ...state, upstream });
      expect(row).toMatchObject({ error: 'expired_request', kind: null, sealed_request: null });
    }
    expect(await stored(club, 'mixed-up')).toBeUndefined();
    const [told] = (await auditOf(world, 'upstream.resume')).filter(({ detail }) => detail);
    expect(told).toMatchObject({
      reason: 'state of one upstream at the redirect URI of another',
      detail: { upstream: 'discord' },
    });
  });

  test('of a sign-in that failed is worth nothing, and why is recorded', async () => {
    const state = await arrive(club);
    const told = { ...state, error: 'upstream_failed' as never, error_reason: 'status 503' };
    expect((await ask(world, api.upstream_fail, told)).error).toBeNull();
    expect(await finish(club, state, 'failed')).toMatchObject({ error: 'expired_request' });
    expect((await auditOf(world, 'session.login')).map(({ reason }) => reason)).toContain(
      'status 503',
    );
  });
});

describe('the user of an account', () => {
  test('is made once, by whichever of two browsers is first', async () => {
    const states = await Promise.all([arrive(club), arrive(club), arrive(club)]);
    const rows = await Promise.all(states.map((state) => finish(club, state, 'race')));
    expect(rows.map(({ error }) => error)).toEqual([null, null, null]);
    const { sql } = world.database;
    expect(await sql`select from pgrant.users where username like 'user-race%'`).toHaveLength(1);
  });

  test('has a free username, and never one that another person has', async () => {
    await makeUser(world, 'USER-taken');
    await finish(club, await arrive(club), 'taken');
    expect((await stored(club, 'taken'))?.username).toBe('user-taken@discord');
    await finish(club, await arrive(club, { upstream: 'other' }), 'taken');
    expect((await stored(club, 'taken', 'other'))?.username).toBe('user-taken@other');
  });

  test('has no username that hides what it is, whatever the upstream calls them', async () => {
    const named = async (subject: string, username: string | null) => {
      expect((await finish(club, await arrive(club), subject, { username })).error).toBeNull();
      return (await stored(club, subject))?.username;
    };
    expect(await named('tidy', ' Rene\u0301\u00a0 B')).toBe('Ren\u00e9 B');
    expect(await named('sly', 'a\u202eb')).toBe('discord:sly');
    expect(await named('s\u200bly', '\u3164')).toMatch(/^discord:[0-9a-f]{64}$/);
    expect(await named('nameless', null)).toBe('discord:nameless');
    expect(await named('up', '..')).toBe('..@discord');
    expect(await named('here', '.')).toBe('.@discord');
  });

  test('who linked it keeps the profile of their own, and gets claims and groups', async () => {
    const user = await makeUser(world, 'lin', { email: 'lin@example.com' });
    await operate(world, ops.upstream_link, { name: 'discord', subject: 'l', username: 'lin' });
    expect((await finish(club, await arrive(club), 'l')).username).toBe('lin');
    expect(await stored(club, 'l')).toMatchObject({
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
    await login(world, await begin(world, browser, club.client), user);
    const state_hash = secret();
    const { browser_hash, session_hash, session_expires_at, csrf_hash } = browser;
    const upstream = 'discord';
    const asked = { browser_hash, session_hash, session_expires_at, upstream, state_hash };
    const forged = await ask(world, api.upstream_link_begin, { ...asked, csrf_hash: secret() });
    expect(forged.error).toBe('csrf_mismatch');
    const row = await ask(world, api.upstream_link_begin, { ...asked, csrf_hash });
    const state_expires_at = row.state_expires_at ?? 0;
    const state = { state_hash, state_expires_at, browser_hash, upstream };
    await ask(world, api.upstream_resume, state);
    expect(await finish(club, state, 'sam')).toMatchObject({ error: 'login_required' });
    expect(await stored(club, 'sam')).toBeUndefined();
  });
});

describe('an account that is linked', () => {
  /** A person who comes back to link an account. */
  async function linking(name: string) {
    const user = await makeUser(world, name);
    const browser = newBrowser();
    await login(world, await begin(world, browser, club.client), user);
    const { session_hash: old_session_hash, session_expires_at: old_session_expires_at } = browser;
    const back = async () => {
      const linked = { ...browser, upstream: 'discord', state_hash: secret() };
      const { state_expires_at } = await ask(world, api.upstream_link_begin, linked);
      const state = { ...linked, state_expires_at: state_expires_at ?? 0 };
      await ask(world, api.upstream_resume, state);
      return state;
    };
    const old = { old_session_hash, old_session_expires_at };
    return { user, back, old };
  }

  test('is the first of two that a person links at the same moment', async () => {
    const { user, back, old } = await linking('two-at-once');
    const [one, other] = [await back(), await back()];
    const [first, second] = await beside(
      world,
      (at) => finish({ ...club, world: at }, one, 'one', old),
      () => finish(club, other, 'other', old),
    );
    expect([first.error, second.error]).toEqual([null, 'access_denied']);
    const { sql } = world.database;
    const left = await sql`
      select subject from pgrant.upstream_accounts where user_id = ${user.user_id}`;
    expect(left).toEqual([{ subject: 'one' }]);
  });

  test('by an operator signs its person in, though they come back at the same moment', async () => {
    await makeUser(world, 'operated');
    const state = await arrive(club);
    const [, row] = await beside(
      world,
      (at) =>
        operate(at, ops.upstream_link, { name: 'discord', subject: 'o', username: 'operated' }),
      () => finish(club, state, 'o'),
    );
    expect(row).toMatchObject({ error: null, username: 'operated' });
    const { sql } = world.database;
    expect(await sql`select from pgrant.users where username = 'user-o'`).toHaveLength(0);
  });
});

describe('an upstream that is another server from now on [OpenID Connect Core 5.7]', () => {
  const settings = { client_id: 'x', token_endpoint_auth_method: 'none', just_in_time: true };
  const move = (at: World) =>
    operate(at, ops.upstream_set, { name: 'moved', settings: { issuer: 'https://new.example' } });

  test('takes nobody who was at the one before', async () => {
    const issuer = 'https://old.example';
    await operate(world, ops.upstream_add, {
      name: 'moved',
      kind: 'oidc',
      settings: { ...settings, issuer },
    });
    const [back, away] = [
      await arrive(club, { upstream: 'moved' }),
      await arrive(club, { upstream: 'moved', resume: false }),
    ];
    await move(world);
    const gone = { error: 'expired_request' };
    expect(await finish(club, back, 'm')).toMatchObject(gone);
    expect(await ask(world, api.upstream_resume, away)).toMatchObject(gone);
    expect(await stored(club, 'm', 'moved')).toBeUndefined();
    const after = await arrive(club, { upstream: 'moved' });
    expect((await finish(club, after, 'm')).error).toBeNull();
  });

  test.each(['first', 'last'])('nor who comes back (%s) meanwhile', async (place) => {
    const { sql } = world.database;
    await operate(world, ops.upstream_remove, { name: 'moved' });
    const issuer = 'https://old.example';
    await operate(world, ops.upstream_add, {
      name: 'moved',
      kind: 'oidc',
      settings: { ...settings, issuer },
    });
    const state = await arrive(club, { upstream: 'moved' });
    const give = (at: World) => finish({ ...club, world: at }, state, `m-${place}`);
    if (place === 'first') {
      await expect(beside(world, give, move)).rejects.toThrow('has 1 accounts');
    } else {
      await beside(world, move, give);
    }
    const left = await sql`
      select from pgrant.upstream_accounts a join pgrant.upstreams u on u.tenant_id = a.tenant_id and u.name = a.upstream
       where u.issuer = 'https://new.example'`;
    expect(left).toHaveLength(0);
  });
});

describe('groups of an upstream', () => {
  test.each([
    ['first', 'disabled'],
    ['last', 'disabled'],
    ['first', 'removed'],
    ['last', 'removed'],
  ])('are not given to whoever comes back (%s) while it is being %s', async (place, how) => {
    const beginning = await makeClub(await makeTenant(world.database, `${how}-${place}`));
    const name = 'discord';
    const state = await arrive(beginning);
    const give = (at: World) => finish({ ...beginning, world: at }, state, 's');
    const take = (at: World): Promise<unknown> =>
      how === 'disabled'
        ? operate(at, ops.upstream_disable, { name, disabled: true })
        : operate(at, ops.upstream_remove, { name });
    await (place === 'first'
      ? beside(beginning.world, give, take)
      : beside(beginning.world, take, give));
    const left = await world.database.sql`
      select from pgrant.group_members where tenant_id = ${beginning.world.tenant}`;
    expect(left).toHaveLength(0);
  });

  test('are replaced by what it says now, and those of an operator stay', async () => {
    await finish(club, await arrive(club), 'g');
    const username = 'user-g';
    await operate(world, ops.group_set, { group: 'own', title: 'Own', roles: [] });
    await operate(world, ops.group_member, { group: 'own', username, member: true });
    await finish(club, await arrive(club), 'g', { roles: [] });
    expect((await stored(club, 'g'))?.groups).toEqual([]);
    const { sql } = world.database;
    const left = await sql`select group_name from pgrant.group_members m
                            join pgrant.users u using (user_id) where u.username = ${username}`;
    expect(left).toEqual([{ group_name: 'own' }]);
  });

  test('are told as those of an operator are: who joins and who leaves, and nothing where nothing changed', async () => {
    await finish(club, await arrive(club), 't');
    await finish(club, await arrive(club), 't');
    await finish(club, await arrive(club), 't', { roles: [] });
    await finish(club, await arrive(club), 't');
    const { user_id } = (await stored(club, 't')) ?? {};
    await operate(world, ops.upstream_unlink, { name: 'discord', subject: 't' });
    const told = (await auditOf(world, 'group.member')).filter((one) => one.user_id === user_id);
    const upstream = 'discord';
    expect(told.map(({ detail }) => detail)).toEqual(
      [true, false, true, false].map((member) => ({ group: 'crew', member, upstream })),
    );
  });

  test('are not lost, and nobody is told so, while an operator or another upstream gives them', async () => {
    const { user_id } = await makeUser(world, 'both');
    await operate(world, ops.group_member, { group: 'crew', username: 'both', member: true });
    await operate(world, ops.upstream_link, { name: 'other', subject: 'b', username: 'both' });
    const before = await auditOf(world, 'group.member');
    await finish(club, await arrive(club, { upstream: 'other' }), 'b');
    await finish(club, await arrive(club, { upstream: 'other' }), 'b', { roles: [] });
    expect((await stored(club, 'b', 'other'))?.user_id).toBe(user_id);
    expect(await auditOf(world, 'group.member')).toEqual(before);
  });

  test('go with the upstream, when it is disabled', async () => {
    await finish(club, await arrive(club, { upstream: 'other' }), 'd');
    expect((await stored(club, 'd', 'other'))?.groups).toEqual(['crew']);
    await operate(world, ops.upstream_disable, { name: 'other', disabled: true });
    expect((await stored(club, 'd', 'other'))?.groups).toEqual([]);
    expect((await auditOf(world, 'group.member')).at(-1)?.detail).toMatchObject({ member: false });
  });
});

test('an account is checked by one worker at a time, and a refresh token given once is kept', async () => {
  await finish(club, await arrive(club), 'w');
  const { sealed_tokens } = (await stored(club, 'w')) ?? {};
  await finish(club, await arrive(club), 'w', { sealed_tokens: null, checkable: false });
  expect(await stored(club, 'w')).toMatchObject({ sealed_tokens });
  await world.database.sql`
    update pgrant.upstream_accounts set check_after = now() where subject = 'w'`;
  const taken = await Promise.all(
    [1, 2, 3].map(() =>
      operate(world, ops.upstream_check_begin, { name: 'discord', subject: 'w' }),
    ),
  );
  expect(taken.filter((row) => row !== undefined)).toHaveLength(1);
});
