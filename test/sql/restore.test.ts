// What a database that was restored to an earlier moment does with what was issued since.
import { beforeEach, describe, expect, test } from 'vitest';
import {
  type Client,
  makeClient,
  makeUser,
  makeWorld,
  type User,
  type World,
} from '../support/fixtures.ts';
import {
  newBrowser,
  obtainCode,
  obtainTokens,
  type RefreshToken,
  redeem,
  rotate,
} from '../support/flows.ts';

let world: World;
let client: Client;
let ada: User;
let backedUp: RefreshToken;

beforeEach(async () => {
  world = await makeWorld();
  client = await makeClient(world, 'mobile', { token_endpoint_auth_method: 'none' });
  ada = await makeUser(world, 'ada');
  ({ refresh: backedUp } = await obtainTokens(world, client, ada, {
    scopes: ['openid', 'offline_access'],
  }));
  const { sql } = world.database;
  for (const table of ['token_families', 'codes']) {
    await sql.unsafe(`create table backup_${table} as table pgrant.${table}`);
  }
});

/** Puts back the rows that were there when the test began, as a restore to that moment does. */
async function restore() {
  const { sql } = world.database;
  for (const table of ['token_families', 'codes']) {
    await sql.unsafe(
      `delete from pgrant.${table}; insert into pgrant.${table} table backup_${table}`,
    );
  }
}

describe('after a restore', () => {
  test('whoever comes with a token of later ends the family: nothing of later is good [RFC 9700 4.14.2]', async () => {
    const { refresh: later } = await rotate(world, client, backedUp);
    const { refresh: latest } = await rotate(world, client, later);
    await restore();
    expect((await rotate(world, client, latest)).row).toMatchObject({
      error: 'invalid_grant',
      reason: 'refresh token reused',
    });
    expect((await rotate(world, client, backedUp)).row.error).toBe('invalid_grant');
  });

  test('a token that was superseded since is good until its client comes back, and then dead with all it gave', async () => {
    const { refresh: later } = await rotate(world, client, backedUp);
    const { refresh: latest } = await rotate(world, client, later);
    await restore();
    const stolen = await rotate(world, client, backedUp);
    expect(stolen.row.error).toBeNull();
    expect((await rotate(world, client, latest)).row.error).toBe('invalid_grant');
    expect((await rotate(world, client, stolen.refresh)).row).toMatchObject({
      error: 'invalid_grant',
      reason: 'family revoked: refresh token reused',
    });
  });

  test('a code that was spent since is dead once its lifetime is over, whatever was restored', async () => {
    const code = await obtainCode(world, newBrowser(), client, ada);
    const { sql } = world.database;
    await sql`drop table backup_codes`;
    await sql`create table backup_codes as table pgrant.codes`;
    expect((await redeem(world, client, code)).row.error).toBeNull();
    await sql`update backup_codes set expires_at = expires_at - interval '61 seconds' where used_at is null`;
    await restore();
    const aged = { ...code, code_expires_at: code.code_expires_at - 61 };
    expect((await redeem(world, client, aged)).row).toMatchObject({
      error: 'invalid_grant',
      reason: 'code expired',
    });
  });
});
