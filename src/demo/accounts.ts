// The demo tenant and all that it has. Made once, and brought up to date at every start.

import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { makeDueKeys } from '../operations/signing-keys.ts';
import { parseIssuer } from '../protocol/issuer.ts';
import { newPassword } from '../protocol/password.ts';
import { newLastingSecret } from '../protocol/secrets.ts';
import type { WorkerServices } from '../services.ts';
import { ConfigError } from '../settings/config.ts';

/** A client and the secret that it has until the next start. */
export type Credentials = { client_id: string; client_secret: string };

const person = {
  username: 'demo',
  password: 'demo',
  claims: {
    name: 'Demo Person',
    given_name: 'Demo',
    family_name: 'Person',
    preferred_username: 'demo',
    email: 'demo@example.com',
    email_verified: true,
    locale: 'en',
  },
};

const roles = [
  {
    role: 'courses',
    icon: 'book',
    title: 'Read your courses and lesson contents',
    description: 'Titles, lessons and files. It cannot change them.',
    sensitive: false,
  },
  {
    role: 'webhook',
    icon: 'plug',
    title: 'Change your webhooks',
    description: 'Add, change and remove the addresses that your data is sent to.',
    sensitive: true,
  },
];

/**
 * Makes what is missing: tenant, signing keys, person, roles, and two clients with new secrets.
 * `base` is the URL of the demonstration client. Throws ConfigError where the names are taken.
 */
export async function makeAccounts(services: WorkerServices, base: string) {
  const { database, config } = services;
  const issuer = `${config.publicUrl}/demo`;
  const tenant = await makeTenant(services, issuer);
  await makeDueKeys(database, services.secret, services.log, tenant);
  await makePerson(services, tenant);
  for (const role of roles) await giveRole(services, tenant, role);
  const application = await makeClient(services, tenant, 'demo-client', {
    name: 'Demonstration client',
    redirect_uris: [`${base}/callback`],
    post_logout_redirect_uris: [`${base}/signed-out`],
    scopes: ['openid', 'profile', 'email', 'offline_access', 'courses', 'webhook'],
  });
  const machine = await makeClient(services, tenant, 'demo-machine', {
    name: 'Demonstration machine',
    grant_types: ['client_credentials'],
    scopes: ['courses'],
  });
  return { issuer, person, application, machine };
}

/** Another tenant may have the name, such as that of a start under another PUBLIC_URL. */
async function makeTenant({ database }: WorkerServices, issuer: string): Promise<string> {
  const tenants = await callAll(database, ops.tenant_list, {});
  const own = tenants.find((one) => one.issuer === issuer);
  if (own?.tenant_id) return own.tenant_id;
  const { host, path } = parseIssuer(issuer);
  const other = tenants.find((one) => one.issuer?.replace(/^https?:/, '') === `//${host}${path}`);
  if (other)
    throw new ConfigError(
      `the tenant ${other.name} is ${other.issuer} here: set PUBLIC_URL as it was, another PGRANT_DATA, or PGRANT_DEMO=0`,
    );
  const [title, suffix] = ['Demo', host.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')];
  const name = ['demo', `demo-${suffix}`].find((one) => !tenants.some((it) => it.name === one));
  if (!name)
    throw new ConfigError('the name "demo" is taken: remove that tenant or set PGRANT_DEMO=0');
  const made = await call(database, ops.tenant_add, { name, issuer, host, path, title });
  const tenant = made.tenant_add;
  // So that programs that register themselves or publish what they are, such as MCP clients, can be tried.
  const settings = { preset: 'mcp' };
  await call(database, ops.tenant_set, { tenant, settings });
  return tenant;
}

async function makePerson({ database }: WorkerServices, tenant: string): Promise<void> {
  const { username, claims, password } = person;
  const { salt, parameters, verifier } = await newPassword(password);
  await unlessThere(() =>
    call(database, ops.user_add, {
      tenant,
      username,
      claims,
      password_salt: salt,
      password_params: parameters,
      password_hash: verifier,
    }),
  );
}

async function giveRole(
  { database }: WorkerServices,
  tenant: string,
  role: (typeof roles)[number],
) {
  const { username } = person;
  // A role that was there stays as it is, and whoever took it from the person meant it.
  const made = await unlessThere(() => call(database, ops.role_add, { tenant, ...role }));
  if (made) await call(database, ops.role_assign, { tenant, username, role: role.role });
}

/** The secret is never stored: each start makes another, and the one before is refused. */
async function makeClient(
  { database }: WorkerServices,
  tenant: string,
  client_id: string,
  metadata: Record<string, unknown>,
): Promise<Credentials> {
  const { secret, hash } = newLastingSecret('client_secret');
  const named = { tenant, client_id };
  const made = await unlessThere(() =>
    call(database, ops.client_add, { ...named, metadata, secret_hash: hash }),
  );
  if (!made) {
    await call(database, ops.client_set, { ...named, settings: metadata });
    const replacing = { ...named, secret_hash: hash, retire_others_after: 0 };
    await call(database, ops.client_secret_add, replacing);
  }
  return { client_id, client_secret: secret };
}

/** Whether it was made now; false where it was there (OA002). */
async function unlessThere(make: () => Promise<unknown>): Promise<boolean> {
  try {
    await make();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'OA002') return false;
    throw error;
  }
}
