// Registration over the wire.
import { expect } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { createLog } from '../../src/log.ts';
import { makeDueKeys } from '../../src/operations/signing-keys.ts';
import { type Acme, startAcme } from './acme.ts';
import { secret } from './issuer.ts';

export const callback = 'http://127.0.0.1:9999/callback';

/** A client information response (RFC 7591 3.2.1). */
export type Information = Record<string, unknown> & {
  client_id: string;
  client_secret?: string;
  registration_access_token: string;
  registration_client_uri: string;
};

/** The tenant `acme`, at which anybody may register. */
export async function startOpen(): Promise<Acme> {
  const acme = await startAcme();
  await configure(acme, { registration: 'open', registration_rate: 1000 });
  return acme;
}

/** Changes settings of the tenant. */
export async function configure({ database, tenant }: Acme, settings: Record<string, unknown>) {
  await call(database.worker, ops.tenant_set, { tenant, settings: settings as never });
}

/** Has the tenant sign by these algorithms, with a key for each. */
export async function offer(acme: Acme, signing_algs: readonly string[]) {
  await configure(acme, { signing_algs });
  const { worker } = acme.database;
  await makeDueKeys(worker, secret, createLog('silent'), acme.tenant);
}

/** A request with JSON and a bearer token, where there are any. */
export function send(
  method: string,
  url: string,
  { body, token }: { body?: unknown; token?: string },
) {
  return fetch(url, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** Asks to be registered. */
export function post({ issuer }: Acme, body: unknown, token?: string) {
  return send('POST', `${issuer}/oauth/register`, { body, ...(token && { token }) });
}

/** Registers a client; what the metadata do not say is a redirect URI on loopback. */
export async function registered(acme: Acme, body: Record<string, unknown>): Promise<Information> {
  const response = await post(acme, { redirect_uris: [callback], ...body });
  expect(response.status, await response.clone().text()).toBe(201);
  return (await response.json()) as Information;
}

/** The status and the error of a refusal. */
export async function refusal(response: Response) {
  return { status: response.status, ...((await response.json()) as { error: string }) };
}
