// A tenant with a history that reports have something to say about. Everything happens through the functions.
import { api, ops } from '../../src/db/bindings.ts';
import { seal } from './audit.ts';
import type { TestDatabase } from './database.ts';
import {
  ask,
  type Client,
  makeClient,
  makeTenant,
  makeUser,
  operate,
  redirect_uri,
  secret,
  type User,
  type World,
} from './fixtures.ts';
import { begin, login, newBrowser, obtainTokens, redeem, rotate } from './flows.ts';
import { configure, machineToken, register } from './self-registered.ts';
import { addWebhook } from './webhooks.ts';

export type Story = World & {
  name: string;
  portal: Client;
  ada: User;
  bob: User;
  /** A moment at which ada had the role that she has no longer, as PostgreSQL writes it. */
  withRole: string;
};

const day = 86_400;
const code = ['authorization_code', 'refresh_token'];

/** ada and bob use the portal; a code and a refresh token are used twice; a role goes, a client is forgotten. */
export async function makeStory(database: TestDatabase, name: string): Promise<Story> {
  const world = await makeTenant(database, name);
  const portal = await makeClient(world, 'portal', { name: 'Portal', grant_types: code });
  const ada = await makeUser(world, 'ada', { email: `ada@${name}.example` });
  const bob = await makeUser(world, 'bob');
  const story = { ...world, name, portal, ada, bob, withRole: '' };
  await addWebhook(story, 'crm', `https://${name}.example/hook`, ['grant.created', 'code.reused']);
  await giveRoles(story);
  await addClients(story);
  await useTokens(story);
  const [now] = await database.sql`select clock_timestamp()::text as at`;
  story.withRole = now?.at;
  await operate(world, ops.role_withdraw, { username: 'ada', role: 'export' });
  await addUpstream(story);
  await seal(database);
  await database.sql`
    insert into pgrant.audit_checkpoints (tenant_id, number, seal, jwt)
    select c.tenant_id, c.number, c.seal, 'signed elsewhere' from pgrant.audit_chains c where c.tenant_id = ${world.tenant}`;
  await database.sql`
    insert into pgrant.pairwise_subjects (tenant_id, subject, user_id, sector)
    values (${world.tenant}, ${secret().toString('hex')}, ${ada.user_id}, 'portal.example')`;
  await operate(world, ops.key_add, {
    kid: `key-of-${name}`,
    alg: 'ES256',
    public_jwk: { kty: 'EC' },
    sealed_private: secret(),
  });
  return story;
}

async function giveRoles(story: Story): Promise<void> {
  for (const role of ['export', 'deploy', 'purge']) {
    const sensitive = role === 'deploy';
    await operate(story, ops.role_add, { role, title: `May ${role}`, sensitive });
  }
  await operate(story, ops.role_assign, { username: 'ada', role: 'export' });
  await operate(story, ops.group_set, { group: 'crew', title: 'Crew', roles: ['deploy'] });
  for (const username of ['ada', 'bob']) {
    await operate(story, ops.group_member, { group: 'crew', username, member: true });
  }
}

async function addClients(story: Story): Promise<void> {
  const { database, tenant } = story;
  const batch = await makeClient(story, 'batch', {
    redirect_uris: [],
    grant_types: ['client_credentials'],
  });
  await ask(story, api.client_credentials_issue, { ...batch, scope: '', access_hash: secret() });
  await makeClient(story, 'legacy', { name: 'Legacy', grant_types: code });
  await database.sql`
    update pgrant.clients set created_at = now() - interval '400 days' where tenant_id = ${tenant} and client_id = 'legacy'`;
  await operate(story, ops.client_secret_add, {
    client_id: 'legacy',
    secret_hash: secret(),
    lifetime: 10 * day,
  });
  await operate(story, ops.credential_add, {
    username: 'ada',
    name: 'nightly export',
    permissions: ['deploy'],
    secret_hash: secret(),
    lifetime: 20 * day,
  });
  await machineToken(story, ['deploy'], { lifetime: 5 * day });
  await configure(story, { registration: 'open' });
  await register(story, { name: 'Desktop tool' });
}

async function useTokens(story: Story): Promise<void> {
  const { portal, ada, bob } = story;
  const scopes = ['openid', 'email', 'export', 'deploy', 'purge'];
  const kept = await obtainTokens(story, portal, ada, { scopes });
  const rotated = await rotate(story, portal, kept.refresh);
  await rotate(story, portal, kept.refresh); // The answer was lost.
  await rotate(story, portal, rotated.refresh);
  const stolen = await obtainTokens(story, portal, ada, { scopes });
  await rotate(story, portal, { ...stolen.refresh, refresh_hash: secret() });
  const twice = await obtainTokens(story, portal, ada, { scopes });
  await redeem(story, portal, twice.code);
  const { row } = await obtainTokens(story, portal, bob, { scopes: ['openid'] });
  const [grant] = await story.database.sql`
    select grant_id from pgrant.token_families where family_id = ${row.family_id}`;
  await operate(story, ops.grant_revoke, { grant_id: grant?.grant_id });
  for (const address of ['198.51.100.7', '198.51.100.7', '198.51.100.8']) {
    const flow = await begin(story, newBrowser(), portal, { redirect_uri });
    await login(story, flow, { ...ada, password_hash: secret() }, { address });
  }
}

async function addUpstream(story: Story): Promise<void> {
  await operate(story, ops.upstream_add, {
    name: 'company',
    kind: 'oidc',
    settings: {
      title: 'Company',
      issuer: `https://login.${story.name}.example`,
      client_id: `pgrant-at-${story.name}`,
    },
    sealed_secrets: secret(),
  });
  const subject = `subject-of-${story.name}`;
  await operate(story, ops.upstream_link, { name: 'company', subject, username: 'ada' });
}
