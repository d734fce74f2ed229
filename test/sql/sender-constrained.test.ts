// What a bound token is good for, as SQL decides it.
import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { api } from '../../src/db/bindings.ts';
import { createDatabase } from '../support/database.ts';
import {
  ask,
  type Client,
  makeClient,
  makeTenant,
  makeUser,
  type User,
  type World,
} from '../support/fixtures.ts';
import { newBrowser, obtainCode, redeem, rotate } from '../support/flows.ts';

let world: World;
let client: Client;
let user: User;

const x5t = 'c'.repeat(43);
const possession = { certificate: { 'x5t#S256': x5t } };
const other = { certificate: { 'x5t#S256': 'd'.repeat(43) } };

beforeAll(async () => {
  world = await makeTenant(await createDatabase(), 'acme');
  user = await makeUser(world, 'ada');
  client = await makeClient(world, 'native', {
    token_endpoint_auth_method: 'none',
    access_token_format: 'opaque',
    tls_client_certificate_bound_access_tokens: true,
  });
});

const proving = (proven: object | null) => ({ ...client, possession: proven }) as Client;
const code = () => obtainCode(world, newBrowser(), client, user, { scopes: ['openid'] });

test('a client whose tokens are bound to its certificate gets none without one, and burns no code [RFC 8705 3.4]', async () => {
  const given = await code();
  expect((await redeem(world, proving(null), given)).row).toMatchObject({
    error: 'invalid_request',
  });
  expect((await redeem(world, proving(possession), given)).row).toMatchObject({
    error: null,
    cnf: { 'x5t#S256': x5t },
  });
});

test('a confirmation has the thumbprints of keys by SHA-256, and nothing else [RFC 7800 3.1]', async () => {
  const jkt = `${'a'.repeat(40)}-_9`;
  const sound = [{ jkt }, { 'x5t#S256': x5t }, { jkt, 'x5t#S256': x5t }];
  const unsound = [
    ...[{}, { jkt: 'a' }, { jkt: null }, { jkt: 1 }, { kid: jkt }, { jkt, kid: 'a' }],
    ...[
      'a'.repeat(42),
      'a'.repeat(44),
      `${'a'.repeat(42)}=`,
      `${'a'.repeat(42)}é`,
      `${'a'.repeat(43)}\n`,
    ].flatMap((text) => [{ jkt: text }, { jkt, 'x5t#S256': text }]),
  ];
  for (const [all, expected] of [
    [sound, true],
    [unsound, false],
  ] as const) {
    for (const cnf of all) {
      const [row] = await world.database.sql`
        select pgrant.cnf_sound(${JSON.stringify(cnf)}::text::jsonb) as sound`;
      expect([cnf, row?.sound]).toEqual([cnf, expected]);
    }
  }
});

test('its refresh token is refused with another certificate, and the family lives on [RFC 8705 4]', async () => {
  const { refresh } = await redeem(world, proving(possession), await code());
  expect((await rotate(world, proving(other), refresh)).row).toMatchObject({
    error: 'invalid_grant',
    reason: 'refresh token of another key',
  });
  expect((await rotate(world, proving(possession), refresh)).row.error).toBeNull();
});

test('userinfo refuses its access token with another certificate, and without [RFC 8705 3]', async () => {
  const { access } = await redeem(world, proving(possession), await code());
  for (const proven of [null, other]) {
    expect(await ask(world, api.userinfo_read, { ...access, possession: proven })).toMatchObject({
      error: 'invalid_token',
      reason: 'token of another client certificate',
    });
  }
  expect((await ask(world, api.userinfo_read, { ...access, possession })).error).toBeNull();
});

test('an API in the same database refuses it, unless it has verified the key itself', async () => {
  const { access } = await redeem(world, proving(possession), await code());
  const { sql } = world.database;
  const enter = async (cnf: object | null) => {
    const [row] = await sql`
      select ${
        cnf === null
          ? sql`pgrant_resource.enter(${world.tenant}, ${access.access_hash}, ${access.access_expires_at})`
          : sql`pgrant_resource.enter_bound(${world.tenant}, ${access.access_hash}, ${access.access_expires_at},
                                            ${JSON.stringify(cnf)}::text::jsonb)`
      } as good`;
    return row?.good;
  };
  expect(await enter(null)).toBe(false);
  expect(await enter(other.certificate)).toBe(false);
  expect(await enter(possession.certificate)).toBe(true);
});

test('reports show what a family is bound to', async () => {
  const { row } = await redeem(world, proving(possession), await code());
  const [family] = await world.database.sql`
    select f.cnf from pgrant_report.refresh_families f where f.family_id = ${row.family_id}`;
  expect(family?.cnf).toEqual({ 'x5t#S256': x5t });
});

test('of two proofs with the same jti, signed anew and used at once, one passes [RFC 9449 11.1]', async () => {
  const { sql } = world.database;
  const now = Math.floor(Date.now() / 1000);
  const use = async (on: typeof sql, exp: number) => {
    const proof = { jkt: x5t, jti_hash: 'ab'.repeat(32), exp };
    const [row] = await on`
      select pgrant_rules.proofs_use(${world.tenant}, array[${JSON.stringify(proof)}::text::jsonb]) as fresh`;
    return row?.fresh.length;
  };
  let second: Promise<number> | undefined;
  const first = await sql.begin(async (transaction) => {
    const fresh = await use(transaction as unknown as typeof sql, now + 60);
    second = use(sql, now + 299);
    await new Promise((resolve) => setTimeout(resolve, 200));
    return fresh;
  });
  expect([first, await second]).toEqual([1, 0]);
});

describe('a jti is good once for its key, though it is signed anew [RFC 9449 11.1]', () => {
  const hour = Math.ceil(Date.now() / 3_600_000 + 1) * 3600;
  const newJti = () => randomBytes(32).toString('hex');
  /** Which of the proofs, each {jti_hash, exp}, are used for the first time, by their places. */
  const use = async (...proofs: { jti_hash: string; exp: number }[]) => {
    const { sql } = world.database;
    const [row] = await sql`
      select pgrant_rules.proofs_use(${world.tenant}, array(
               select p.proof from jsonb_array_elements(${sql.json(proofs)}) with ordinality p (proof, n) order by p.n)) as fresh`;
    return row?.fresh?.map(Number);
  };

  // The ends of any two that are good at once are five minutes apart at most, wherever the windows of the table begin.
  test.each([
    [-10, 100],
    [-1, 299],
    [-300, -1],
    [-299, 1],
    [0, 300],
    [1000, 1300],
    [1000, 1000],
  ])('%i and %i seconds from the full hour, either first', async (one, other) => {
    for (const [first, second] of [
      [one, other],
      [other, one],
    ] as const) {
      const jti_hash = newJti();
      expect(await use({ jti_hash, exp: hour + first })).toEqual([1]);
      expect(await use({ jti_hash, exp: hour + second })).toEqual([]);
    }
  });

  test('and each of a set counts for itself, with one row or with two', async () => {
    const set = [-10, 1000, -300, 0].map((from) => ({ jti_hash: newJti(), exp: hour + from }));
    expect((await use(...set))?.toSorted()).toEqual([1, 2, 3, 4]);
    expect(await use(...set)).toEqual([]);
    const fresh = { jti_hash: newJti(), exp: hour - 10 };
    expect(await use(...set, fresh, fresh)).toEqual([5]);
  });
});
