// The product says who has signed in: what that changes, and what it may not say.
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { beside } from '../support/beside.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { auditOf, makeUser, operate, type World } from '../support/fixtures.ts';
import { proceed } from '../support/flows.ts';
import { accept, handOver, makeProductTenant, resume } from '../support/login-challenge.ts';

let database: TestDatabase;
let world: World;

beforeAll(async () => {
  database = await createDatabase();
  world = await makeProductTenant(database, 'acme');
});

const seconds = (ago: number) => new Date(Date.now() - ago * 1000).toISOString();

const rolesOf = (subject: string) =>
  database.sql`select r.scope, r.source from pgrant.user_roles r join pgrant.users u using (tenant_id, user_id)
                where tenant_id = ${world.tenant} and u.external_subject = ${subject} order by 1, 2`;

/** All the way to a code. */
async function signIn(args: Parameters<typeof accept>[2] = {}) {
  const challenge = await handOver(world);
  const answer = await accept(world, challenge, args);
  expect(answer.error).toBeNull();
  expect((await resume(world, challenge, answer.verifier_hash)).next).toBe('continue');
  return { ...challenge, answer, row: await proceed(world, challenge.flow) };
}

describe('an accepted login', () => {
  test('starts a session with what the product says, and login comes before consent', async () => {
    const auth_time = seconds(600);
    const { row, answer, browser } = await signIn({ auth_time, acr: 'mfa', amr: ['otp', 'pwd'] });
    expect(row.code_expires_at).toBeTruthy();
    const [session] = await database.sql`
      select user_id, auth_time, acr, amr from pgrant.sessions where session_hash = ${browser.session_hash}`;
    expect(session).toEqual({
      user_id: answer.user_id,
      auth_time: new Date(auth_time),
      acr: 'mfa',
      amr: ['otp', 'pwd'],
    });
    expect((await auditOf(world, 'login.accept')).at(-1)).toMatchObject({
      user_id: answer.user_id,
      client_id: 'portal',
      detail: { subject: 'user-1' },
    });
  });

  test('meets an acr that is essential, or the request fails [OpenID Connect Core 5.5.1.1]', async () => {
    const { browser } = await signIn();
    const essential = { essential_acr: ['mfa'] };
    const again = await handOver(world, essential, browser);
    const { challenge_hash } = again;
    const shown = await operate(world, ops.login_show, { challenge_hash });
    expect(shown.acr_values).toEqual(['mfa']);
    expect(await accept(world, again, { auth_time: seconds(60), acr: 'pwd' })).toMatchObject({
      error: 'login_required',
      detail: 'acr must be one of mfa',
    });
    const { verifier_hash } = await accept(world, again, { acr: 'pwd' });
    await resume(world, again, verifier_hash);
    expect(await proceed(world, again.flow)).toMatchObject({
      next: 'respond',
      response_error: 'unmet_authentication_requirements',
    });
    const third = await handOver(world, essential, browser);
    const stepped = await accept(world, third, { acr: 'mfa', auth_time: seconds(60) });
    await resume(world, third, stepped.verifier_hash);
    expect((await proceed(world, third.flow)).code_expires_at).toBeTruthy();
  });

  test.each([[{ email_verified: 'true' }], [{ address: 'Street 1' }]])(
    'may not say %j, which is of no such type [OpenID Connect Core 5.1]',
    async (claims) => {
      const answer = await accept(world, await handOver(world), { claims });
      expect(answer).toMatchObject({ error: 'invalid_request', user_id: null });
    },
  );

  test('gives the browser another session than the one that it had', async () => {
    const first = await signIn();
    const before = first.browser.session_hash;
    const again = await handOver(world, { prompt: ['login'] }, first.browser);
    const { verifier_hash } = await accept(world, again);
    await resume(world, again, verifier_hash);
    expect(again.browser.session_hash).not.toEqual(before);
    const [old] = await database.sql`
      select ended_at from pgrant.sessions where session_hash = ${before}`;
    expect(old?.ended_at).toBeTruthy();
  });

  test('makes the person, then keeps claims and roles as the product says', async () => {
    const made = await signIn({
      subject: 'user-2',
      username: 'grace',
      claims: { name: 'Grace', email: 'grace@example.com' },
      roles: ['editor', 'team'],
    });
    await operate(world, ops.role_assign, { username: 'grace', role: 'team' });
    const again = await signIn({ subject: 'user-2', claims: { name: 'Grace H.' }, roles: [] });
    expect(again.answer.user_id).toBe(made.answer.user_id);
    const [user] = await database.sql`
      select username, claims from pgrant.users where user_id = ${again.answer.user_id}`;
    expect(user).toEqual({ username: 'grace', claims: { name: 'Grace H.' } });
    expect([...(await rolesOf('user-2'))]).toEqual([{ scope: 'team', source: 'operator' }]);
    await signIn({ subject: 'user-2', roles: ['editor'] });
    await signIn({ subject: 'user-2' });
    expect(await rolesOf('user-2')).toHaveLength(2);
    // A role that an operator gave too is not lost; receivers of events hear of the others.
    const lost = await auditOf(world, 'role.withdraw');
    expect(lost.map(({ user_id, detail }) => [user_id, detail])).toEqual([
      [made.answer.user_id, { role: 'editor' }],
    ]);
  });

  test.each([
    ['hides what it is', 'a\u202eb', 'sub\u200bject'],
    ['no URL can name [RFC 3986 5.2.4]', '..', '.'],
  ])(
    'gives nobody a username that %s: the product is told, and a subject is not shown',
    async (_, username, subject) => {
      const challenge = await handOver(world);
      const refused = await accept(world, challenge, { subject: 'u-9', username });
      expect(refused).toMatchObject({
        error: 'invalid_request',
        detail: expect.stringContaining('username'),
      });
      const made = await signIn({ subject });
      const [user] = await database.sql`
        select username from pgrant.users where user_id = ${made.answer.user_id}`;
      expect(user?.username).toMatch(/^user-[0-9a-f-]{36}$/);
    },
  );

  test('never takes over a person who is there by username, unless an operator has said so', async () => {
    const ada = await makeUser(world, 'ada');
    const stranger = await signIn({ subject: 'ada' });
    expect(stranger.answer.user_id).not.toBe(ada.user_id);
    const challenge = await handOver(world);
    expect(await accept(world, challenge, { subject: 'user-3', username: 'Ada' })).toMatchObject({
      error: 'invalid_request',
      detail: expect.stringContaining('belongs to another person'),
    });
    await operate(world, ops.user_subject, { username: 'ada', subject: 'user-3' });
    const linked = await accept(world, challenge, { subject: 'user-3', username: 'Ada' });
    expect(linked.user_id).toBe(ada.user_id);
    await expect(
      operate(world, ops.user_subject, { username: 'ada', subject: 'user-1' }),
    ).rejects.toMatchObject({ code: 'OA002' });
  });

  test('of somebody new in two browsers at once makes one person', async () => {
    const challenges = await Promise.all([handOver(world), handOver(world)]);
    const answers = await Promise.all(
      challenges.map((one) => accept(world, one, { subject: 'user-new' })),
    );
    expect(answers.map(({ error }) => error)).toEqual([null, null]);
    expect(answers[0]?.user_id).toBe(answers[1]?.user_id);
  });

  test('of somebody new whose username another takes at the same moment is refused in its own words', async () => {
    const challenge = await handOver(world);
    let late: ReturnType<typeof accept> | undefined;
    await database.sql.begin(async (sql) => {
      await sql`insert into pgrant.users (tenant_id, username) values (${world.tenant}, 'taken')`;
      late = accept(world, challenge, { subject: 'user-late', username: 'taken' });
      // It waits for what the other does.
      await expect
        .poll(async () => {
          const [row] = await database.sql`select count(*)::integer as n from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'`;
          return row?.n;
        })
        .toBe(1);
    });
    expect(await late).toMatchObject({ error: 'invalid_request' });
  });
});

describe('an answer that the product may correct leaves the challenge open', () => {
  const refused: [string, Parameters<typeof accept>[2], string, string][] = [
    ['an unknown role', { roles: ['editor', 'ghost', 'boo'] }, 'invalid_request', 'boo, ghost'],
    ['no subject', { subject: '' }, 'invalid_request', 'subject'],
    ['claims that are no object', { claims: [] as never }, 'invalid_request', 'claims'],
    ['no auth_time', { auth_time: null }, 'invalid_request', 'auth_time'],
    ['an auth_time in the future', { auth_time: seconds(-600) }, 'invalid_request', 'future'],
  ];
  test.each(refused)('%s', async (_, args, error, detail) => {
    const challenge = await handOver(world);
    const answer = await accept(world, challenge, args);
    expect(answer).toMatchObject({ error, detail: expect.stringContaining(detail) });
    expect((await auditOf(world, 'login.accept')).at(-1)).toMatchObject({ error });
    expect((await accept(world, challenge)).error).toBeNull();
  });

  test('a disabled person is refused, when accepting and when coming back', async () => {
    await signIn({ subject: 'user-4', username: 'dora' });
    const [early, late] = [await handOver(world), await handOver(world)];
    const { verifier_hash } = await accept(world, early, { subject: 'user-4' });
    await operate(world, ops.user_disable, { username: 'dora', disabled: true });
    expect((await accept(world, late, { subject: 'user-4' })).error).toBe('access_denied');
    expect(await resume(world, early, verifier_hash)).toMatchObject({
      next: 'respond',
      response_error: 'access_denied',
      session_expires_at: null,
    });
  });

  test('what was accepted before the person was signed out or disabled begins no session after that', async () => {
    await signIn({ subject: 'user-6', username: 'finn' });
    const [one, other] = [await handOver(world), await handOver(world)];
    const [first, second] = [
      await accept(world, one, { subject: 'user-6' }),
      await accept(world, other, { subject: 'user-6' }),
    ];
    await operate(world, ops.user_sign_out, { username: 'finn' });
    const denied = { response_error: 'access_denied', session_expires_at: null };
    expect(await resume(world, one, first.verifier_hash)).toMatchObject(denied);
    for (const disabled of [true, false]) {
      await operate(world, ops.user_disable, { username: 'finn', disabled });
    }
    expect(await resume(world, other, second.verifier_hash)).toMatchObject(denied);
    await signIn({ subject: 'user-6' });
  });

  test.each(['first', 'last'])(
    'a browser that comes back (%s) while the person is disabled has no session once they are enabled again',
    async (place) => {
      const subject = `user-${place}`;
      await signIn({ subject, username: subject });
      const challenge = await handOver(world);
      const { verifier_hash } = await accept(world, challenge, { subject });
      const take = (at: World) =>
        operate(at, ops.user_disable, { username: subject, disabled: true });
      const give = (at: World) => resume(at, challenge, verifier_hash);
      await (place === 'first' ? beside(world, give, take) : beside(world, take, give));
      await operate(world, ops.user_disable, { username: subject, disabled: false });
      await handOver(world, {}, challenge.browser);
    },
  );

  test('prompt=login and max_age want a login that is young enough [OpenID Connect Core 3.1.2.1]', async () => {
    const anew = await handOver(world, { prompt: ['login'] });
    expect((await accept(world, anew, { auth_time: seconds(5) })).error).toBe('login_required');
    const answer = await accept(world, anew);
    await resume(world, anew, answer.verifier_hash);
    expect((await proceed(world, anew.flow)).code_expires_at).toBeTruthy();

    const recent = await handOver(world, { max_age: 60 });
    expect((await accept(world, recent, { auth_time: seconds(90) })).error).toBe('login_required');
    expect((await accept(world, recent, { auth_time: seconds(30) })).error).toBeNull();
  });

  test('a request for one person takes no other [OpenID Connect Core 3.1.2.1, id_token_hint]', async () => {
    const { answer } = await signIn({ subject: 'user-5' });
    const challenge = await handOver(world, { hint_sub: answer.user_id });
    const { challenge_hash } = challenge;
    expect(await operate(world, ops.login_show, { challenge_hash })).toMatchObject({
      subject: 'user-5',
    });
    expect((await accept(world, challenge, { subject: 'user-1' })).error).toBe('login_required');
    expect((await accept(world, challenge, { subject: 'user-5' })).error).toBeNull();
  });
});
