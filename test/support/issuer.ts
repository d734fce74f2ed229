// A running pgrant with one or more tenants on a database of its own: the real application, listening.

import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createApp } from '../../src/app.ts';
import { ops } from '../../src/db/bindings.ts';
import { call, callAll } from '../../src/db/call.ts';
import { createLog } from '../../src/log.ts';
import { newSigningKey, sealSigningKey } from '../../src/protocol/keys.ts';
import { newPassword } from '../../src/protocol/password.ts';
import { newLastingSecret } from '../../src/protocol/secrets.ts';
import { type Config, loadConfig } from '../../src/settings/config.ts';
import type { Telemetry } from '../../src/telemetry/telemetry.ts';
import { atFileEnd } from './at-end.ts';
import type { TestDatabase } from './database.ts';

export const secret = Buffer.alloc(32, 7);

export type Client = { client_id: string; client_secret: string };

/** Starts the web process on the database; `lines` collects its log. */
export async function startServer(
  database: TestDatabase,
  settings: Partial<Config> = {},
  telemetry?: Telemetry,
) {
  const lines: string[] = [];
  const log = createLog('debug', { write: (line) => lines.push(line) });
  const config = { ...loadConfig({}), ...settings };
  const web = { ...database.web, observe: telemetry?.observer?.call };
  telemetry?.metrics?.watch('web', web);
  const app = createApp({ config, log, secret, database: web, ...(telemetry && { telemetry }) });
  const server = createServer(app.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  atFileEnd(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { origin: `http://127.0.0.1:${port}`, lines };
}

/** Asks another process of the tenant for a token, and gives the status. */
export async function postTo(origin: string, issuer: string, body: Record<string, string>) {
  const { host, pathname } = new URL(issuer);
  const sent = request(`${origin}${pathname}/oauth/token`, {
    method: 'POST',
    headers: { host, 'content-type': 'application/x-www-form-urlencoded' },
  });
  sent.end(new URLSearchParams(body).toString());
  const [response] = await once(sent, 'response');
  await text(response);
  return response.statusCode as number;
}

/** Adds a tenant with keys under a path of the server. */
export async function addTenant(
  database: TestDatabase,
  origin: string,
  name: string,
  path = `/${name}`,
) {
  const issuer = origin + path;
  const host = new URL(origin).host;
  const [row] = await callAll(database.worker, ops.tenant_add, { name, issuer, host, path });
  const tenant = (row as unknown as { tenant_add: string }).tenant_add;
  for (const alg of ['ES256', 'RS256'] as const) await addKey(database, tenant, alg);
  return { tenant, issuer };
}

/** Made once, for an RSA key takes longer than most tests: each file begins with the first, and no two tenants of one share any. */
const keys: Record<'ES256' | 'RS256', ReturnType<typeof newSigningKey>[]> = {
  ES256: [],
  RS256: [],
};
const taken = { ES256: 0, RS256: 0 };

function nextKey(alg: 'ES256' | 'RS256') {
  if (taken[alg] === 0) {
    atFileEnd(() => {
      taken[alg] = 0;
    });
  }
  const at = taken[alg]++;
  keys[alg][at] ??= newSigningKey(alg);
  return keys[alg][at];
}

async function addKey(database: TestDatabase, tenant: string, alg: 'ES256' | 'RS256') {
  const { signing, public_jwk } = await nextKey(alg);
  await call(database.worker, ops.key_add, {
    tenant,
    kid: signing.kid,
    alg,
    public_jwk: { ...public_jwk },
    sealed_private: sealSigningKey(secret, tenant, signing),
  });
}

// A verifier has its parameters beside it. Those of src/protocol/password.ts are meant to cost: whoever sets a password by a
// command or on a page has them.
const cheap = { m: 64, t: 1, p: 1 };

/** Adds a person with a password. */
export async function addUser(
  database: TestDatabase,
  tenant: string,
  username: string,
  password: string,
  claims: Record<string, never> | object = {},
) {
  const { salt, parameters, verifier } = await newPassword(password, cheap);
  await call(database.worker, ops.user_add, {
    tenant,
    username,
    claims: claims as never,
    password_salt: salt,
    password_params: { ...parameters },
    password_hash: verifier,
  });
}

/** Registers a client, with a secret unless its token_endpoint_auth_method says otherwise. */
export async function addClient(
  database: TestDatabase,
  tenant: string,
  client_id: string,
  metadata: Record<string, unknown>,
): Promise<Client> {
  const method = String(metadata.token_endpoint_auth_method);
  const secretless = /^none$|_jwt$|tls_/.test(method);
  const { secret: client_secret, hash } = newLastingSecret('client_secret');
  await call(database.worker, ops.client_add, {
    tenant,
    client_id,
    metadata: { name: client_id, ...metadata } as never,
    ...(!secretless && { secret_hash: hash }),
  });
  return { client_id, client_secret };
}
