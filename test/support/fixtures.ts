// Tenants, clients, people and what they obtain, made by the functions themselves and not by inserts.
import { randomBytes } from 'node:crypto';
import type { Binding } from '../../src/db/binding.ts';
import { ops } from '../../src/db/bindings.ts';
import { callAll } from '../../src/db/call.ts';
import { createDatabase, type TestDatabase } from './database.ts';

export type World = { database: TestDatabase; tenant: string };
export type Client = { client_id: string; auth_method: string; secret_hash: Buffer | null };
export type User = { user_id: string; username: string; password_hash: Buffer };
export const redirect_uri = 'https://app.example/callback';
export const address = '192.0.2.1';
/** Stands for the S256 of a verifier: to SQL it is any text. */
export const code_challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

export const secret = () => randomBytes(32);

/** Calls a function of pgrant_api at the tenant; arguments that are left out are null. */
export async function ask<Args extends { tenant: string }, Row>(
  { database, tenant }: World,
  binding: Binding<Args, Row>,
  args: Partial<Args>,
): Promise<Row> {
  const all = { tenant, request_id: 'test', address, ...args } as unknown as Args;
  const [row] = await callAll(database.web, binding, all);
  return row as Row;
}

/** Calls a function of pgrant_ops that returns one row or nothing. */
export async function operate<Args extends { tenant: string }, Row>(
  { database, tenant }: World,
  binding: Binding<Args, Row>,
  args: Omit<Args, 'tenant'>,
): Promise<Row> {
  const [row] = await callAll(database.worker, binding, { tenant, ...args } as unknown as Args);
  return row as Row;
}

/** A database with one tenant; `pool` is how many connections of the web role work at once. */
export async function makeWorld(pool?: number): Promise<World> {
  const database = await createDatabase(pool ? { pool } : {});
  return makeTenant(database, 'acme');
}

export async function makeTenant(database: TestDatabase, name: string): Promise<World> {
  const [host, path] = ['id.example', `/${name}`];
  const args = { name, issuer: `https://${host}${path}`, host, path };
  const [row] = await callAll(database.worker, ops.tenant_add, args);
  return { database, tenant: row?.tenant_add ?? '' };
}

/** Registers a client: with a secret, unless the metadata says token_endpoint_auth_method none or private_key_jwt. */
export async function makeClient(
  world: World,
  client_id: string,
  metadata: Record<string, unknown> = {},
): Promise<Client> {
  const method = String(metadata.token_endpoint_auth_method ?? 'client_secret_basic');
  const secret_hash = method.startsWith('client_secret') ? secret() : null;
  await operate(world, ops.client_add, {
    client_id,
    metadata: { name: client_id, redirect_uris: [redirect_uri], ...metadata } as never,
    ...(secret_hash && { secret_hash }),
  });
  return { client_id, auth_method: method, secret_hash };
}

export async function makeUser(world: World, username: string, claims = {}): Promise<User> {
  const password_hash = secret();
  const { user_add } = await operate(world, ops.user_add, {
    username,
    claims,
    password_salt: randomBytes(16),
    password_params: { m: 19_456, t: 2, p: 1 },
    password_hash,
  });
  return { user_id: user_add ?? '', username, password_hash };
}

/** What was recorded of an action at the tenant, oldest first. */
export function auditOf({ database: { sql }, tenant }: World, action: string) {
  return sql`
    select action, error, reason, user_id, client_id, grant_id, family_id, address, request_id, detail, times
      from pgrant_report.audit_events where tenant_id = ${tenant} and action = ${action} order by at, event_id`;
}
