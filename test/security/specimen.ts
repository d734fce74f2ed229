// One tenant with a live specimen of everything, and what each argument of pgrant_api would be for it.
import { createHash, randomBytes } from 'node:crypto';
import { api, ops } from '../../src/db/bindings.ts';
import type { TestDatabase } from '../support/database.ts';
import {
  ask,
  type Client,
  code_challenge,
  makeClient,
  makeTenant,
  operate,
  redirect_uri,
  secret,
  type User,
  type World,
} from '../support/fixtures.ts';
import { begin, jwtOf, newBrowser, obtainCode, redeem } from '../support/flows.ts';
import { accept, handOver, login_url } from '../support/login-challenge.ts';
import { neutral, type Values } from './arguments.ts';

export type Tenant = World & { client: Client; user: User; uri: string; key_hash: Buffer };

const developers = { developer_portal: true, developer_quota: 1000 };

/** Two tenants have a client and a person of the same name, so that the name proves nothing. */
export async function makeSpecimen(database: TestDatabase, name: string): Promise<Tenant> {
  const world = await makeTenant(database, name);
  // All of it comes from one address, and fast.
  const settings = {
    authorization_rate: 1_000_000,
    refusal_limit: 1_000_000,
    request_uri_parameter: true,
    second_factor: 'optional',
  };
  await operate(world, ops.tenant_set, { settings });
  const uri = `https://${name}.example/callback`;
  const client = await makeClient(world, 'portal', {
    name: `Portal of ${name}`,
    redirect_uris: [uri, redirect_uri],
    post_logout_redirect_uris: [`${uri}/bye`],
    grant_types: [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:device_code',
      'urn:ietf:params:oauth:grant-type:token-exchange',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
    ],
    access_token_format: 'opaque',
    request_uris: [objectAt(uri)],
    grant_management: true,
  });
  for (const scope of managing) await operate(world, ops.scope_add, { scope, title: scope });
  await operate(world, ops.exchange_allow, { client_id: client.client_id });
  await makeClient(world, 'robot', {
    name: `Robot of ${name}`,
    token_endpoint_auth_method: 'private_key_jwt',
    grant_types: ['client_credentials'],
    redirect_uris: [],
    jwks_uri: keysAt(uri),
  });
  await operate(world, ops.tenant_set, {
    settings: {
      ...{ account_deletion: true, consent_choice: true, ...developers },
      ...{ registration: 'open', registration_rate: 100_000 },
    },
  });
  await operate(world, ops.admin_enable, {});
  await makeClient(world, 'automation', {
    grant_types: ['client_credentials'],
    scopes: ['pgrant.admin'],
    access_token_format: 'opaque',
  });
  const user = await makeUserNamed(world, name);
  await operate(world, ops.user_subject, { username: user.username, subject: 'user-1' });
  await operate(world, ops.role_assign, { username: 'ada', role: 'pgrant.admin' });
  await operate(world, ops.key_add, {
    kid: `key-of-${name}`,
    alg: 'ES256',
    public_jwk: { kty: 'EC', x: randomBytes(32).toString('base64url') },
    sealed_private: randomBytes(64),
  });
  const key_hash = secret();
  await operate(world, ops.role_add, { role: 'export', title: 'Export' });
  await operate(world, ops.role_assign, { username: 'ada', role: 'export' });
  await operate(world, ops.credential_add, {
    username: 'ada',
    name: `Key of ${name}`,
    permissions: ['export'],
    secret_hash: key_hash,
  });
  await operate(world, ops.upstream_add, {
    name: neutral.upstream,
    kind: 'oidc',
    settings: {
      title: `Company of ${name}`,
      issuer: `https://login.${name}.example`,
      client_id: `pgrant-at-${name}`,
      just_in_time: true,
    },
    sealed_secrets: randomBytes(64),
  });
  await operate(world, ops.identity_assertion_policy_set, {
    client_id: client.client_id,
    audience,
    audience_client_id: 'portal-there',
    scopes: ['email'],
  });
  const issuer = assertionIssuer(uri);
  await operate(world, ops.identity_assertion_issuer_set, { issuer, jwks_uri: keysAt(uri) });
  await operate(world, ops.identity_assertion_client_allow, {
    issuer,
    client_id: client.client_id,
    scopes: ['email'],
  });
  return { ...world, client, user, uri, key_hash };
}

/** The other server for which assertions are given, and the issuer whose are taken. */
const audience = 'https://elsewhere.example';
const assertionIssuer = (uri: string) => new URL('/idp', uri).href;

const managing = ['grant_management_query', 'grant_management_revoke'];
const objectAt = (uri: string) => `${uri}/request.jwt`;
const keysAt = (uri: string) => `${uri}/jwks.json`;

async function makeUserNamed(world: World, name: string): Promise<User> {
  const password_hash = secret();
  const { user_add } = await operate(world, ops.user_add, {
    username: 'ada',
    claims: { name: `Ada of ${name}`, email: `ada@${name}.example` },
    password_salt: randomBytes(16),
    password_params: { m: 19_456, t: 2, p: 1 },
    password_hash,
  });
  return { user_id: user_add ?? '', username: 'ada', password_hash };
}

/**
 * Fresh values for the arguments of a function of pgrant_api with these names, which would be good at this tenant; of no
 * name, for every one. What nothing of that needs is not made.
 */
export async function valuesOf(tenant: Tenant, names: string[] = []): Promise<Values> {
  const wants = (...some: string[]) =>
    names.length === 0 || some.some((name) => names.includes(name));
  await forgetFactors(tenant);
  const { client, user, uri } = tenant;
  const browser = newBrowser();
  // A client that names its grant needs a token for that.
  const scopes = names.includes('grant_id') ? { scopes: ['openid', 'email', ...managing] } : {};
  const at = { redirect_uri: uri, ...scopes };
  const codeNow = () => obtainCode(tenant, browser, client, user, at);
  const first = await codeNow();
  const spent = wants(...tokens) && (await redeem(tenant, client, first, at));
  const code = spent && wants('code_hash', ...devices) ? await codeNow() : first;
  const waiting = wants(...requests)
    ? await begin(tenant, browser, client, { ...at, prompt: ['consent'] })
    : undefined;
  await factorsOf(tenant, names, browser, waiting?.request);
  return {
    browser_hashes: [browser.browser_hash],
    ...client,
    hint_client_id: client.client_id,
    redirect_uri: uri,
    post_logout_redirect_uri: `${uri}/bye`,
    code_challenge,
    ...user,
    hint_sub: user.user_id,
    ...(wants('hint_sid') && { hint_sid: await sessionOf(tenant, browser) }),
    ...browser,
    old_session_hash: browser.session_hash,
    old_session_expires_at: browser.session_expires_at,
    ...waiting?.request,
    ...code,
    ...(spent && {
      ...spent.access,
      ...spent.refresh,
      jwt: { ...(jwtOf(spent.row) as object) },
    }),
    successor_hash: secret(),
    issued_hash: secret(),
    successor_salt: randomBytes(32),
    key_hash: tenant.key_hash,
    ...(wants('grant_id') && { grant_id: await grantOf(tenant, browser) }),
    ...(wants('challenge_hash', 'verifier_hash') &&
      (await challengesOf(tenant, browser.browser_hash))),
    ...(wants('registered_id', 'registration_hash') && (await registrationOf(tenant))),
    ...(waiting && wants('state_hash') && (await stateOf(tenant, waiting, names))),
    ...(wants(...passkeys) && (await passkeyOf(tenant, names, browser, waiting?.request))),
    jwks_uri: keysAt(uri),
    request_uri: objectAt(uri),
    ...(wants('pushed_hash') && (await pushedOf(tenant))),
    ...(wants(...devices) && (await deviceOf(tenant, code))),
    ...neutral,
    id_token: null,
    issuer: assertionIssuer(uri),
    ...(names.includes('id_token') && { audience }),
    ...((names.includes('identity_assertion') || names.includes('issuer')) &&
      (await assertionOf(tenant, names))),
    ...(names.includes('operation') && (await automationOf(tenant))),
    ...(names.includes('logo_digest') && { logo_digest: await logoOf(tenant) }),
    ...(isDeveloper(names) && (await draftOf(tenant, browser, names))),
    ...((names.includes('claim') || names.includes('jwks_uri')) && (await robotOf(tenant, names))),
  };
}

// The arguments for which something has to be made, or has to be there.
const tokens = ['access_hash', 'jwt', 'handle_hash', 'refresh_hash', 'grant_id'];
const devices = ['device_hash', 'user_code_hash'];
const passkeys = ['passkey_challenge_hash', 'credential_id', 'user_handle'];
const requests = ['request_hash', 'state_hash', 'totp_step', ...passkeys];

type Held = ReturnType<typeof newBrowser>;
type Request = { request_hash: Buffer; request_expires_at: number };

async function sessionOf({ database }: Tenant, { session_hash }: Held) {
  const [session] = await database.sql`
    select session_id from pgrant.sessions where session_hash = ${session_hash}`;
  return session?.session_id;
}

async function grantOf(tenant: Tenant, browser: Held) {
  const { consents } = await ask(tenant, api.consent_list, browser);
  return (consents as { grant_id: string }[])[0]?.grant_id;
}

async function forgetFactors({ database, tenant }: Tenant): Promise<void> {
  const { sql } = database;
  await sql`delete from pgrant.totp_authenticators where tenant_id = ${tenant}`;
  await sql`delete from pgrant.passkeys where tenant_id = ${tenant}`;
  await sql`delete from pgrant.recovery_codes where tenant_id = ${tenant}`;
}

/** A second factor that the person has, for functions about those; and a request and a session that wait for it. */
async function factorsOf(
  { database, tenant, user }: Tenant,
  names: string[],
  { session_hash }: Held,
  request: Request | undefined,
) {
  const own = names.filter((name) => !['tenant', 'request_id', 'address'].includes(name));
  const changes = [
    'csrf_hash,session_expires_at,session_hash',
    'csrf_hash,form_hash,recovery_hashes',
  ];
  const waits = [
    'browser_hash,request_expires_at,request_hash,session_expires_at,session_hash',
    'browser_hash,next_challenge_hash,request_expires_at,request_hash,session_expires_at,session_hash',
  ];
  const addsPasskey = names.includes('next_credential_id') && names.includes('request_hash');
  const named = own.toSorted().join();
  const waiting = names.includes('totp_step') || addsPasskey || waits.includes(named);
  const setsUp = ['sealed_secret', 'next_credential_id', 'next_challenge_hash'].some((name) =>
    names.includes(name),
  );
  if (!waiting && !changes.some((one) => named.startsWith(one))) return;
  const { sql } = database;
  if (!setsUp) {
    await sql`
      insert into pgrant.totp_authenticators (tenant_id, user_id, sealed_secret, last_step)
      values (${tenant}, ${user.user_id}, ${secret()}, 0)`;
    await sql`
      insert into pgrant.recovery_codes (tenant_id, user_id, code_hash)
      values (${tenant}, ${user.user_id}, ${neutral.recovery_hash})`;
  }
  if (waiting) {
    await sql`
      update pgrant.authorization_requests set acr_values = '{2}', created_at = now() - interval '1 hour'
       where request_hash = ${request?.request_hash ?? null}`;
  } else {
    await sql`update pgrant.sessions set amr = '{pwd,mfa}' where session_hash = ${session_hash}`;
  }
}

/** A copy of the logo of the tenant, by what finds it. */
async function logoOf(world: World): Promise<Buffer> {
  const logo_uri = 'https://logo.example/';
  const image = secret();
  await operate(world, ops.tenant_set, { settings: { logo_uri } });
  await operate(world, ops.logo_fetch_begin, { logo_uri });
  await operate(world, ops.logo_store, { logo_uri, media_type: 'image/png', image, reason: null });
  return createHash('sha256').update(image).digest();
}

/** Whether a function is about an application that the person has brought. */
const isDeveloper = (names: string[]) =>
  names.includes('client_id') &&
  names.includes('session_expires_at') &&
  !names.includes('code_hash');

/** A draft of the person at the developer portal, in review for whoever takes that back. */
async function draftOf(tenant: Tenant, browser: Held, names: string[]) {
  const asked = { ...neutral, ...browser };
  const confirmed_name = 'Notes';
  const { client_id } = await ask(tenant, api.developer_client_add, {
    ...asked,
    metadata: { name: confirmed_name, redirect_uris: ['https://notes.example/'] },
    next_secret_hash: secret(),
  });
  if (!['metadata', 'message', 'kind'].some((name) => names.includes(name))) {
    await ask(tenant, api.developer_client_submit, { ...asked, client_id, message: '' });
  }
  const [row] = await tenant.database.sql`
    select secret_id from pgrant.client_secrets where tenant_id = ${tenant.tenant} and client_id = ${client_id}`;
  return { client_id, confirmed_name, secret_id: row?.secret_id };
}

/** A passkey that the person has, for functions about one, and what it is asked to sign. */
async function passkeyOf(
  { database, tenant, user }: Tenant,
  names: string[],
  { session_hash }: Held,
  request: Request | undefined,
) {
  const credential_id = secret();
  const passkey_challenge_hash = secret();
  const { sql } = database;
  if (names.includes('credential_id')) {
    await sql`
      insert into pgrant.passkeys (tenant_id, credential_id, user_id, name, public_key, sign_count, transports, backup_eligible, backed_up)
      values (${tenant}, ${credential_id}, ${user.user_id}, 'Laptop', ${secret()}, 0, '{}', false, false)`;
  }
  if (names.includes('credential_id') && names.includes('csrf_hash')) {
    await sql`update pgrant.sessions set amr = '{pwd,mfa}' where session_hash = ${session_hash}`;
  }
  const [challenge] = await sql`
    insert into pgrant.passkey_challenges (tenant_id, challenge_hash, expires_at, request_hash, session_id, used_at)
    select ${tenant}, ${passkey_challenge_hash}, date_trunc('second', now()) + interval '5 minutes',
           case when ${names.includes('csrf_hash')} then null else ${request?.request_hash ?? null}::bytea end,
           case when ${names.includes('csrf_hash')} then s.session_id end,
           case when ${names.includes('user_handle')} then now() end
      from pgrant.sessions s where s.session_hash = ${session_hash}
    returning extract(epoch from expires_at)::int as expires_at`;
  const passkey_challenge_expires_at = Number(challenge?.expires_at);
  const named = { passkey_challenge_hash, passkey_challenge_expires_at };
  return { ...named, credential_id, user_handle: user.user_id };
}

/** A request that its client has pushed. */
async function pushedOf(tenant: Tenant) {
  const { client, uri } = tenant;
  const pushed_hash = secret();
  const { expires_at } = await ask(tenant, api.authorization_push, {
    ...neutral,
    ...client,
    redirect_uri: uri,
    pushed_hash,
    error: null,
  });
  return { pushed_hash, pushed_expires_at: expires_at };
}

/** A device that a person has allowed, and one that still waits. */
async function deviceOf(tenant: Tenant, { code_hash }: { code_hash: Buffer }) {
  const device_hash = secret();
  const user_code_hash = secret();
  const asked = { ...neutral, ...tenant.client };
  const { expires_at } = await ask(tenant, api.device_authorize, {
    ...asked,
    next_device_hash: device_hash,
    next_user_code_hash: secret(),
  });
  await ask(tenant, api.device_authorize, {
    ...asked,
    next_device_hash: secret(),
    next_user_code_hash: user_code_hash,
  });
  await tenant.database.sql`
    insert into pgrant.codes
    select (jsonb_populate_record(c, jsonb_build_object(
              'code_hash', sha256(${device_hash}), 'expires_at', to_timestamp(${expires_at}), 'code_challenge', null, 'redirect_uri_sent', false))).*
      from pgrant.codes c where c.tenant_id = ${tenant.tenant} and c.code_hash = ${code_hash}`;
  await tenant.database.sql`
    update pgrant.device_codes set allowed_at = now() where tenant_id = ${tenant.tenant} and device_hash = ${device_hash}`;
  return { device_hash, device_expires_at: expires_at, user_code_hash };
}

/** The access token of a program that administers, in both forms. */
async function automationOf(tenant: Tenant) {
  const [client] = await tenant.database.sql`
    select s.secret_hash, t.issuer from pgrant.client_secrets s join pgrant.tenants t using (tenant_id)
     where s.tenant_id = ${tenant.tenant} and s.client_id = 'automation'`;
  const access_hash = secret();
  const row = await ask(tenant, api.client_credentials_issue, {
    client_id: 'automation',
    auth_method: 'client_secret_basic',
    secret_hash: client?.secret_hash,
    assertion: null,
    possession: null,
    scope: null,
    access_hash,
    resource: `${client?.issuer}/api/v1`,
  });
  const { access_expires_at } = row;
  const jwt = { ...(jwtOf(row) as object), iss: client?.issuer };
  return { access_hash, access_expires_at, jwt };
}

/** A client that signs, whose keys are being fetched where they are to be stored. */
async function robotOf(tenant: Tenant, names: string[]) {
  const client_id = 'robot';
  const { sql } = tenant.database;
  await sql`
    update pgrant.client_key_sets set settled_at = now() where tenant_id = ${tenant.tenant}`;
  await sql`
    update pgrant.client_key_sets set claimed_at = now() - interval '1 hour'
     where tenant_id = ${tenant.tenant} and claimed_at is not null`;
  if (names.includes('jwks_uri')) await ask(tenant, api.client_keys, { client_id, claim: true });
  return { client_id };
}

/** The assertion of another issuer, whose keys are being fetched where they are to be stored. */
async function assertionOf(tenant: Tenant, names: string[]) {
  const { client, uri, database } = tenant;
  const issuer = assertionIssuer(uri);
  const jwk = { kty: 'EC', crv: 'P-256', x: uri, y: uri };
  const [row] = await database.sql`
    update pgrant.identity_assertion_issuers i
       set jwks = ${database.sql.json({ keys: [jwk] })}, claimed_at = null, settled_at = null
      from pgrant.tenants t
     where t.tenant_id = i.tenant_id and i.tenant_id = ${tenant.tenant}
    returning t.issuer as audience, pgrant_rules.jwk_thumbprint(i.jwks #> '{keys,0}') as thumbprint`;
  if (names.includes('jwks_uri')) {
    await ask(tenant, api.identity_assertion_keys, { issuer, claim: true });
  }
  const identity_assertion = {
    issuer,
    subject: 'user-1',
    audience: row?.audience,
    client_id: client.client_id,
    exp: Math.floor(Date.now() / 1000) + 300,
    jti_hash: secret().toString('hex'),
    scope: 'email',
    resources: [],
    thumbprint: row?.thumbprint,
  };
  return { identity_assertion };
}

/** A person who is at an upstream, or back from there. */
async function stateOf(
  tenant: Tenant,
  { request, browser: { browser_hash } }: { request: Request; browser: Held },
  names: string[],
) {
  const { upstream, sealed_request } = neutral;
  const state_hash = secret();
  const { state_expires_at } = await ask(tenant, api.upstream_begin, {
    ...request,
    browser_hash,
    upstream,
    sealed_request,
    state_hash,
  });
  const state = { state_hash, state_expires_at };
  if (names.includes('present'))
    await ask(tenant, api.upstream_resume, { browser_hash, upstream, ...state });
  return state;
}

/** A client that registered itself, and its registration access token. */
async function registrationOf(tenant: Tenant) {
  const registration_hash = secret();
  const { client_id } = await ask(tenant, api.registration_add, {
    metadata: neutral.metadata,
    next_secret_hash: secret(),
    next_registration_hash: registration_hash,
  });
  return { registered_id: client_id, registration_hash };
}

/** A login challenge that is open, and the verifier of one that was accepted, in one browser. */
async function challengesOf(tenant: Tenant, browser_hash: Buffer) {
  const { client, uri } = tenant;
  await operate(tenant, ops.tenant_set, { settings: { login_url } });
  // Of two that end in the same second the proof finds the one that sorts first: that is to be the open one.
  const goTo = (sorts: number) => {
    const hash = Buffer.concat([Buffer.of(sorts), randomBytes(31)]);
    const browser = { ...newBrowser(), browser_hash };
    return handOver(tenant, { redirect_uri: uri }, browser, client, hash);
  };
  const { verifier_hash } = await accept(tenant, await goTo(255));
  const { challenge_hash } = await goTo(0);
  await operate(tenant, ops.tenant_set, { settings: { login_url: null } });
  return { challenge_hash, verifier_hash };
}
