// Things that operators, people and clients do to a tenant, in an order that a seed decides.
import { api, ops } from '../../src/db/bindings.ts';
import {
  ask,
  type Client,
  makeClient,
  makeTenant,
  makeUser,
  operate,
  secret,
  type User,
  type World,
} from './fixtures.ts';
import { newBrowser, obtainTokens } from './flows.ts';

export type Step = { name: string; run: () => Promise<unknown> };

export const roles = ['editor', 'viewer', 'webhook'];
export const resources = ['https://api.example/a', 'https://api.example/b'];
const groups = ['staff', 'guests'];
const scopes = ['openid', 'email', 'read', ...roles];

/** A tenant in which something can happen, and what can happen next. */
export async function makeRandomHistory(
  database: World['database'],
  name: string,
  random: () => number,
) {
  const world = await makeTenant(database, name);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  const some = <T>(of: readonly T[]): T[] => of.filter(() => random() < 0.5);
  const either = () => random() < 0.5;
  const users: User[] = [];
  const clients = new Map<string, Client>();
  await operate(world, ops.tenant_set, {
    settings: {
      registration: 'open',
      registration_rate: 100_000,
      login_failure_limit: 1000,
    } as never,
  });
  await operate(world, ops.scope_add, { scope: 'read', title: 'Read' });
  for (const role of roles) await operate(world, ops.role_add, { role, title: role });
  for (const username of ['ada', 'bob', 'cy']) users.push(await makeUser(world, `${username}`));
  for (const group of groups)
    await operate(world, ops.group_set, { group, title: group, roles: some(roles) });
  const upstream = { name: 'guild', kind: 'oauth2', sealed_secrets: secret() };
  const settings = {
    authorization_endpoint: 'https://up.example/a',
    token_endpoint: 'https://up.example/t',
    userinfo_endpoint: 'https://up.example/u',
    client_id: 'x',
    settings: { subject_claim: 'id', role_groups: { one: 'staff', two: 'guests' } },
  };
  await operate(world, ops.upstream_add, { ...upstream, settings: settings as never });
  const addClient = async (client_id: string) => {
    const metadata = {
      scopes: either() ? null : some(scopes),
      consent: pick(['remember', 'always', 'never']),
      grant_types: either()
        ? ['authorization_code', 'refresh_token']
        : ['authorization_code', 'refresh_token', 'client_credentials'],
    };
    clients.set(client_id, await makeClient(world, client_id, metadata));
  };
  for (const client_id of ['app', 'shop', 'bot']) await addClient(client_id);
  for (const resource of resources)
    await operate(world, ops.resource_set, {
      resource,
      title: resource,
      scopes: either() ? null : some(scopes),
    });

  const { sql } = database;
  /** As the tenant, what only functions of the server call. */
  const within = (statement: string) =>
    sql.begin(async (transaction) => {
      await transaction`select set_config('pgrant.tenant', ${world.tenant}, true)`;
      await transaction.unsafe(statement);
    });
  const username = () => pick(users).username;
  const client = () => pick([...clients.keys()]);
  const steps: Record<string, () => Promise<unknown>> = {
    consent: () =>
      obtainTokens(world, clients.get(client()) as Client, pick(users), {
        browser: newBrowser(),
        scopes: some(scopes),
        resources: some(resources),
      }),
    revoke: async () => {
      const grants =
        await sql`select grant_id from pgrant.grants where tenant_id = ${world.tenant} and revoked_at is null order by created_at`;
      return operate(world, ops.grant_revoke, { grant_id: pick(grants)?.grant_id });
    },
    role_assign: () => operate(world, ops.role_assign, { username: username(), role: pick(roles) }),
    role_withdraw: () =>
      operate(world, ops.role_withdraw, { username: username(), role: pick(roles) }),
    role_disable: () =>
      operate(world, ops.role_disable, { role: pick(roles), disabled: random() < 0.35 }),
    group_set: () =>
      operate(world, ops.group_set, { group: pick(groups), title: 'g', roles: some(roles) }),
    group_member: () =>
      operate(world, ops.group_member, {
        group: pick(groups),
        username: username(),
        member: either(),
      }),
    login_roles: () =>
      within(
        `select pgrant_rules.user_upsert('${world.tenant}', 'dee', 'dee', '{}', '{${some(roles)}}')`,
      ),
    upstream_memberships: () =>
      within(`select pgrant_rules.upstream_memberships('${world.tenant}', u, '${pick(users).user_id}', '{${some(['one', 'two'])}}')
                from pgrant.upstreams u where u.tenant_id = '${world.tenant}'`),
    upstream_disable: () =>
      operate(world, ops.upstream_disable, { name: 'guild', disabled: either() }),
    user_disable: () =>
      operate(world, ops.user_disable, { username: username(), disabled: random() < 0.35 }),
    client_disable: () =>
      operate(world, ops.client_disable, { client_id: client(), disabled: random() < 0.35 }),
    client_set: () =>
      operate(world, ops.client_set, {
        client_id: client(),
        settings: {
          name: `name ${Math.floor(random() * 99)}`,
          scopes: either() ? null : some(scopes),
        } as never,
      }),
    client_remove: async () => {
      const client_id = client();
      await operate(world, ops.client_remove, { client_id });
      clients.delete(client_id);
    },
    client_add: () => addClient(pick(['app', 'shop', 'bot'])),
    client_secret: async () => {
      const client_id = client();
      const secret_hash = secret();
      await operate(world, ops.client_secret_add, {
        client_id,
        secret_hash,
        retire_others_after: 0,
      });
      clients.set(client_id, { ...(clients.get(client_id) as Client), secret_hash });
    },
    credential: () =>
      operate(world, ops.credential_add, {
        username: username(),
        name: 'key',
        permissions: [pick(roles)],
        secret_hash: secret(),
      }),
    credential_remove: async () => {
      const found =
        await sql`select client_id from pgrant.clients where tenant_id = ${world.tenant} and maker_id is not null order by created_at`;
      return operate(world, ops.client_remove, { client_id: pick(found)?.client_id });
    },
    resource_set: () =>
      operate(world, ops.resource_set, {
        resource: pick(resources),
        title: 'r',
        scopes: either() ? null : some(scopes),
      }),
    resource_remove: () => operate(world, ops.resource_remove, { resource: pick(resources) }),
    tenant_disable: () => operate(world, ops.tenant_disable, { disabled: random() < 0.3 }),
    register: async () => {
      const metadata = {
        token_endpoint_auth_method: 'none',
        redirect_uris: ['https://app.example/callback'],
        grant_types: ['authorization_code'],
        name: `self ${random()}`,
      };
      const row = await ask(world, api.registration_add, {
        metadata: metadata as never,
        next_registration_hash: secret(),
      });
      if (row.client_id)
        clients.set(row.client_id, {
          client_id: row.client_id,
          auth_method: 'none',
          secret_hash: null,
        });
    },
    client_expires: async () => {
      const [gone] = await sql`update pgrant.clients set expires_at = clock_timestamp()
        where tenant_id = ${world.tenant} and registered_at is not null and expires_at > clock_timestamp() returning client_id`;
      clients.delete(gone?.client_id);
    },
    grant_expires: () => sql`
      update pgrant.grants set consent_expires_at = least(consent_expires_at, clock_timestamp()), expires_at = clock_timestamp()
       where grant_id in (select grant_id from pgrant.grants where tenant_id = ${world.tenant} and revoked_at is null
                           and expires_at > clock_timestamp() order by created_at limit 1)`,
    cleanup: async () => {
      for (const table of ['grants', 'clients'])
        await sql`select pgrant_ops.expired_delete(${table})`;
    },
  };
  // Most of what happens needs somebody who has consented.
  const often = [
    ...Array(14).fill('consent'),
    'client_add',
    'client_add',
    'role_assign',
    'role_assign',
    'group_member',
  ];
  const names = [...Object.keys(steps), ...often];
  const next = (): Step => {
    const name = pick(names);
    return { name, run: steps[name] as () => Promise<unknown> };
  };
  return { world, next };
}
