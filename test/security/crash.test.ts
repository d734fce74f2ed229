// PostgreSQL is killed in a loop of rotations: what was answered stays true.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEmbedded } from '../../src/embedded/embedded.ts';
import { newSuccessorSalt, successorOf } from '../../src/protocol/refresh.ts';
import { newRefreshToken, newSecret, type RefreshToken } from '../../src/protocol/secrets.ts';
import { release } from '../../src/release/release.ts';

const families = 20;
const rounds = 3;
const folder = mkdtempSync(join(tmpdir(), 'pgrant-crash-'));
let server: Awaited<ReturnType<typeof startEmbedded>>;
let tenant: string;
let sql: Sql;
/** The last refresh token of each family that the client got an answer for. */
let held: RefreshToken[] = [];
const spent: { hash: Buffer; expires_at: string }[] = [];

beforeAll(async () => {
  server = await startEmbedded(folder);
  await release(server.url('postgres'));
  sql = connect();
  const [row] =
    await sql`select pgrant_ops.tenant_add('t', 'http://localhost/t', 'localhost', '/t') as id`;
  tenant = row?.id;
  const metadata = {
    name: 'c',
    token_endpoint_auth_method: 'none',
    redirect_uris: ['http://127.0.0.1/'],
    replay_window: 600,
  };
  await sql`select pgrant_ops.client_add(${tenant}, 'c', ${sql.json(metadata)})`;
  await sql`select pgrant_ops.user_add(${tenant}, 'u')`;
  held = await Promise.all(Array.from({ length: families }, startFamily));
}, 60_000);

afterAll(async () => {
  await sql.end({ timeout: 0 });
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

function connect(): Sql {
  return postgres(server.url('postgres'), {
    max: families,
    onnotice: () => {},
    connect_timeout: 30,
  });
}

async function startFamily(): Promise<RefreshToken> {
  const code = newSecret();
  await sql`
    with g as (
      insert into pgrant.grants (tenant_id, user_id, client_id, scopes, consent_expires_at, expires_at, revoked_at)
      select ${tenant}, user_id, 'c', '{openid}', 'infinity', 'infinity', null from pgrant.users
          on conflict (tenant_id, user_id, client_id) where revoked_at is null do update set last_used_at = now()
      returning grant_id, user_id),
    s as (
      insert into pgrant.sessions (tenant_id, session_hash, expires_at, user_id, amr, csrf_hash, idle_expires_at)
      select ${tenant}, ${newSecret().hash}, now() + interval '1 hour', user_id, '{pwd}', ${newSecret().hash}, now() + interval '1 hour'
        from g returning session_id)
    insert into pgrant.codes (tenant_id, code_hash, expires_at, client_id, user_id, grant_id, session_id, redirect_uri,
                              redirect_uri_sent, scopes, claims_id_token, claims_userinfo, auth_time, amr)
    select ${tenant}, ${code.hash}, date_trunc('second', now()) + interval '1 hour', 'c', user_id, grant_id, session_id,
           'http://127.0.0.1/', false, '{openid}', '{}', '{}', now(), '{pwd}' from g, s`;
  const [row] =
    await sql`select extract(epoch from expires_at)::bigint as at from pgrant.codes where code_hash = ${code.hash}`;
  const token = newRefreshToken();
  expect(await redeem(code.hash, row?.at, token)).toBeNull();
  spent.push({ hash: code.hash, expires_at: row?.at });
  return token;
}

async function redeem(
  hash: Buffer,
  expires_at: string,
  token: RefreshToken,
): Promise<string | null> {
  const [row] = await sql`
    select error from pgrant_api.code_redeem(${tenant}, '{crash}', '{null}', '{c}', '{none}', '{null}', '{null}', '{null}',
      array[${hash}::bytea], array[${expires_at}::bigint], '{null}', '{null}', '{null}', array[${token.handle_hash}::bytea],
      array[${token.secret_hash}::bytea], '{""}', '{null}')`;
  return row?.error;
}

async function rotate(old: RefreshToken): Promise<RefreshToken> {
  const salt = newSuccessorSalt();
  const successor = successorOf(old, salt);
  const [row] = await sql`
    select error, successor_salt from pgrant_api.refresh_rotate(${tenant}, '{crash}', '{null}', '{c}', '{none}', '{null}',
      '{null}', '{null}', array[${old.handle_hash}::bytea], array[${old.secret_hash}::bytea], '{null}', '{null}',
      array[${successor.secret_hash}::bytea], array[${salt}::bytea], '{""}', '{null}')`;
  if (row?.error) throw new Error(`refused: ${row.error}`);
  return row?.successor_salt ? successorOf(old, row.successor_salt) : successor;
}

/** Rotates until the server dies; what was answered is held. */
async function rotateUntilDead(index: number, counter: { answers: number }): Promise<void> {
  for (;;) {
    try {
      held[index] = await rotate(held[index] as RefreshToken);
      counter.answers += 1;
    } catch (error) {
      if (String(error).includes('refused')) throw error;
      return;
    }
  }
}

test('no client that got an answer is logged out, and no spent code works', async () => {
  for (let round = 0; round < rounds; round += 1) {
    const counter = { answers: 0 };
    const running = held.map((_token, index) => rotateUntilDead(index, counter));
    while (counter.answers < 500) await new Promise((resolve) => setTimeout(resolve, 5));
    const { pid } = server;
    process.kill(pid, 'SIGKILL');
    await Promise.all(running);
    await sql.end({ timeout: 0 });
    // It is started again by itself.
    while (server.pid === pid) await new Promise((resolve) => setTimeout(resolve, 20));
    sql = connect();
    for (const [index, token] of held.entries()) held[index] = await rotate(token);
  }
  const [row] =
    await sql`select count(*)::int as n from pgrant.token_families where revoked_at is not null`;
  expect(row?.n).toBe(0);
  for (const { hash, expires_at } of spent) {
    expect(await redeem(hash, expires_at, newRefreshToken())).toBe('invalid_grant');
  }
}, 180_000);
