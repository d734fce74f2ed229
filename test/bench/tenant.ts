// The tenant of pgrant that is measured: two clients, one scope, its keys, and a person per connection.

import { ops } from '../../src/db/bindings.ts';
import { call, callAll } from '../../src/db/call.ts';
import { connect, type Database } from '../../src/db/connect.ts';
import { newSigningKey, sealSigningKey } from '../../src/protocol/keys.ts';
import { newPassword } from '../../src/protocol/password.ts';
import { secretHash } from '../../src/protocol/secrets.ts';
import {
  type BenchClient,
  password,
  people,
  redirectUri,
  resource,
  type Service,
} from './service.ts';

type Wanted = { host: string; secret: Buffer; clients: Service['clients'] };

/** Makes a tenant with issuer http://host/name; gives its id. All but `flooded` trust the address that all visitors come from. */
export async function addTenant(
  url: string,
  name: string,
  { host, secret, clients }: Wanted,
): Promise<string> {
  const database = connect(url, 'pgrant_worker');
  try {
    const issuer = `http://${host}/${name}`;
    const args = { name, issuer, host, path: `/${name}` };
    const [row] = await callAll(database, ops.tenant_add, args);
    const tenant = (row as unknown as { tenant_add: string }).tenant_add;
    const trusted_networks = name === 'flooded' ? [] : ['127.0.0.0/8'];
    await call(database, ops.tenant_set, { tenant, settings: { trusted_networks } });
    await call(database, ops.scope_add, { tenant, scope: 'api', title: 'The API' });
    await call(database, ops.resource_set, { tenant, resource, title: 'The API' });
    for (const alg of ['ES256', 'RS256'] as const) await addKey(database, tenant, secret, alg);
    for (const client of Object.values(clients)) await addClient(database, tenant, client);
    for (let number = 0; number < people; number += 1) await addPerson(database, tenant, number);
    return tenant;
  } finally {
    await database.end();
  }
}

async function addKey(database: Database, tenant: string, secret: Buffer, alg: 'ES256' | 'RS256') {
  const { signing, public_jwk } = await newSigningKey(alg);
  const sealed_private = sealSigningKey(secret, tenant, signing);
  await call(database, ops.key_add, {
    tenant,
    kid: signing.kid,
    alg,
    public_jwk: { ...public_jwk },
    sealed_private,
  });
}

async function addClient(database: Database, tenant: string, client: BenchClient) {
  await call(database, ops.client_add, {
    tenant,
    client_id: client.client_id,
    secret_hash: secretHash(client.client_secret),
    metadata: {
      name: client.client_id,
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      access_token_format: client.format,
      id_token_alg: 'ES256',
    },
  });
}

async function addPerson(database: Database, tenant: string, number: number) {
  const { salt, parameters, verifier } = await newPassword(password);
  await call(database, ops.user_add, {
    tenant,
    username: `person${number}`,
    password_salt: salt,
    password_params: { ...parameters },
    password_hash: verifier,
  });
}
