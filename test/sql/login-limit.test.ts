import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import {
  auditOf,
  type Client,
  makeClient,
  makeTenant,
  makeUser,
  operate,
  secret,
  type User,
  type World,
} from '../support/fixtures.ts';
import { begin, challenge, login, newBrowser } from '../support/flows.ts';

const limit = 3;
let database: TestDatabase;
let world: World;
let client: Client;
let ada: User;
let count = 0;

beforeAll(async () => {
  database = await createDatabase({ pool: 20 });
});

beforeEach(async () => {
  count += 1;
  world = await makeTenant(database, `acme-${count}`);
  const settings = { login_failure_limit: limit, login_failure_window: 86_400 };
  await operate(world, ops.tenant_set, { settings });
  client = await makeClient(world, 'app');
  ada = await makeUser(world, 'ada');
});

type Try = { username?: string; address?: string; password_hash?: Buffer };

async function attempt({ username = 'ada', address = '192.0.2.1', password_hash = secret() }: Try) {
  const flow = await begin(world, newBrowser(), client);
  return (await login(world, flow, { username, password_hash }, { address })).error ?? 'signed in';
}

async function failures(tries: Try[]): Promise<number> {
  const errors = await Promise.all(tries.map(attempt));
  return errors.filter((error) => error === 'wrong_password').length;
}

function many(length: number, make: (index: number) => Try): Try[] {
  return Array.from({ length }, (_, index) => make(index));
}

describe('failed logins', () => {
  test('are limited exactly, though 20 come at once on connections of their own', async () => {
    expect(await failures(many(20, () => ({})))).toBe(limit);
    const audit = await auditOf(world, 'session.login');
    const refused = audit.filter(({ error }) => error === 'too_many_attempts');
    expect(refused.reduce((sum, { times }) => sum + Number(times), 0)).toBe(20 - limit);
  });

  test('keep out even the right password until the window is over, and say when that is', async () => {
    await failures(many(limit, () => ({})));
    const right = { password_hash: ada.password_hash };
    expect(await attempt(right)).toBe('too_many_attempts');
    const refused = await challenge(world, await begin(world, newBrowser(), client), 'ADA');
    expect(refused).toMatchObject({ error: 'too_many_attempts', salt: null });
    expect(refused.retry_after).toBeGreaterThan(0);
    expect(refused.retry_after).toBeLessThanOrEqual(86_400);
    // A key has as many rows as windows have begun.
    await database.sql`
      update pgrant.counters set expires_at = expires_at - interval '1 day' where tenant_id = ${world.tenant}`;
    expect(await attempt(right)).toBe('signed in');
  });

  test('of an unknown username are limited alike', async () => {
    expect(await failures(many(8, () => ({ username: 'nobody' })))).toBe(limit);
  });

  test('from one address leave the same person alone at another, up to ten times the limit', async () => {
    await failures(many(limit, () => ({})));
    const right = { password_hash: ada.password_hash };
    expect(await attempt({ address: '198.51.100.1', ...right })).toBe('signed in');
    const spread = many(60, (index) => ({ address: `203.0.113.${index}` }));
    expect(await failures(spread)).toBe(9 * limit);
    expect(await attempt({ address: '198.51.100.2', ...right })).toBe('too_many_attempts');
  });

  test('of strangers lock nobody out where they have signed in, and there what fails counts as ever', async () => {
    const home = { address: '2001:db8:0:1::1' };
    const right = { password_hash: ada.password_hash };
    expect(await attempt({ ...home, ...right })).toBe('signed in');
    expect(await failures(many(60, (index) => ({ address: `203.0.113.${index}` })))).toBe(
      10 * limit,
    );
    expect(await attempt({ address: '198.51.100.1', ...right })).toBe('too_many_attempts');
    expect(await attempt({ address: '2001:db8:0:1::2', ...right })).toBe('signed in');
    expect(await failures(many(8, () => home))).toBe(limit);
    expect(await attempt({ ...home, ...right })).toBe('too_many_attempts');
  });

  test('at one home of a person keep them out nowhere else', async () => {
    const addresses = many(12, (index) => ({ address: `198.51.100.${index}` }));
    for (const one of addresses) await attempt({ ...one, password_hash: ada.password_hash });
    for (const one of addresses) await failures(many(limit, () => one));
    expect(await attempt({ address: '203.0.113.1', password_hash: ada.password_hash })).toBe(
      'signed in',
    );
  });

  test('of many usernames from one address are limited exactly too', async () => {
    expect(await failures(many(60, (index) => ({ username: `user${index}` })))).toBe(10 * limit);
  });

  test('from one IPv6 network of 64 bits count as from one address', async () => {
    const network = many(8, (index) => ({ address: `2001:db8:0:1:${index}::1` }));
    expect(await failures(network)).toBe(limit);
    expect(await attempt({ address: '2001:db8:0:2::1' })).toBe('wrong_password');
  });

  test('at one tenant are nothing to another', async () => {
    await failures(many(limit, () => ({})));
    const other = await makeTenant(database, `other-${count}`);
    const flow = await begin(other, newBrowser(), await makeClient(other, 'app'));
    expect((await challenge(other, flow, 'ada')).error).toBeNull();
  });

  test('lock, and an attempt against the lock is an audit event that says which, with one row for its repeats', async () => {
    await failures(many(limit, () => ({})));
    await failures(many(5, () => ({})));
    await failures(many(60, (index) => ({ username: `user${index}`, address: '198.51.100.9' })));
    const [row] = await database.sql`
      select json_agg(json_build_object('lock', detail ->> 'lock', 'user_id', user_id, 'error', error)
                      order by detail ->> 'lock') as first
        from pgrant.audit_events
       where tenant_id = ${world.tenant} and action = 'session.login' and detail ? 'lock'`;
    expect(row?.first).toEqual([
      { lock: 'address', user_id: null, error: 'too_many_attempts' },
      { lock: 'username_from_address', user_id: ada.user_id, error: 'too_many_attempts' },
    ]);
  });

  test('do not count where the password was right', async () => {
    for (let n = 0; n < 2 * limit; n++) {
      expect(await attempt({ password_hash: ada.password_hash })).toBe('signed in');
    }
  });
});
