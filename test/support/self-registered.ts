// Clients that register themselves, as the web process has them do it.
import { randomUUID } from 'node:crypto';
import { api, ops } from '../../src/db/bindings.ts';
import { ask, makeTenant, operate, redirect_uri, secret, type World } from './fixtures.ts';

/** Changes settings of a tenant. */
export const configure = (at: World, settings: object) =>
  operate(at, ops.tenant_set, { settings: settings as never });

/** Another tenant of the database at which anybody may register, as often as they like. */
export async function openTenant({ database }: World, settings: object = {}): Promise<World> {
  const tenant = await makeTenant(database, `t-${randomUUID().slice(0, 8)}`);
  await configure(tenant, { registration: 'open', registration_rate: 1_000_000, ...settings });
  return tenant;
}

export const publicClient = {
  token_endpoint_auth_method: 'none',
  application_type: 'web',
  redirect_uris: [redirect_uri],
  grant_types: ['authorization_code', 'refresh_token'],
};

type Options = { initial_hash?: Buffer; address?: string };

/** Registers a public client, or what the metadata say. */
export async function register(at: World, metadata: object = {}, options: Options = {}) {
  const [next_secret_hash, registration_hash] = [secret(), secret()];
  const row = await ask(at, api.registration_add, {
    metadata: { name: randomUUID(), ...publicClient, ...metadata } as never,
    next_secret_hash,
    next_registration_hash: registration_hash,
    ...options,
  });
  const client = { client_id: row.client_id ?? '', auth_method: 'none', secret_hash: null };
  return { row, client, next_secret_hash, registration_hash };
}

/** An initial access token whose clients may have these scopes for themselves. */
export async function machineToken(at: World, machine_scopes: string[], more: object = {}) {
  const initial_hash = secret();
  const args = { name: 'token', token_hash: initial_hash, machine_scopes, ...more };
  const { registration_token_add: token_id } = await operate(at, ops.registration_token_add, args);
  return { initial_hash, token_id: token_id ?? '' };
}

export const clientsOf = (at: World) =>
  at.database.sql`select * from pgrant.clients where tenant_id = ${at.tenant} order by created_at`;
/** Makes a client as old as it would be after the interval. */
export const age = (at: World, client_id: string, interval: string) => at.database.sql`
  update pgrant.clients set registered_at = registered_at - ${interval}::interval, expires_at = expires_at - ${interval}::interval,
         last_used_at = last_used_at - ${interval}::interval
   where tenant_id = ${at.tenant} and client_id = ${client_id}`;
/** How many were granted, and how many refused with which error. */
export const tally = (rows: { row: { error: string | null } }[]) =>
  Object.fromEntries(
    [...new Set(rows.map(({ row }) => row.error ?? 'granted'))].map((error) => [
      error,
      rows.filter(({ row }) => (row.error ?? 'granted') === error).length,
    ]),
  );
