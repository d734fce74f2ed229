// Requests of clients as chance will have it: good, replayed, reused, expired, revoked, and wrong in every way.
import { randomBytes } from 'node:crypto';
import { type api, ops } from '../../src/db/bindings.ts';
import {
  type Client,
  makeClient,
  makeUser,
  operate,
  secret,
  type User,
  type World,
} from './fixtures.ts';
import {
  newBrowser,
  obtainCode,
  obtainTokens,
  plainParameters,
  type RefreshToken,
  rotate,
} from './flows.ts';

import {
  makeDeviceCodes,
  makeManagedCodes,
  newTokens,
  type PolledCode,
  type RedeemableCode,
} from './random-codes.ts';

export type Args = Record<string, unknown>;
type Random = () => number;

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

/** What requests are made of. */
type Holdings = {
  clients: Client[];
  /** Resource servers, each of which is told of other tokens. */
  servers: Client[];
  families: { client: Client; tokens: RefreshToken[]; access: Args }[];
  codes: RedeemableCode[];
  devices: Client[];
  polled: PolledCode[];
};

const resource = 'https://api.example/mcp';

/** A tenant with clients, people, families and codes in every state. */
export async function makeHoldings(world: World): Promise<Holdings> {
  const shop = await makeClient(world, 'shop', { access_token_format: 'opaque' });
  const app = await makeClient(world, 'app', { token_endpoint_auth_method: 'none' });
  const gone = await makeClient(world, 'gone');
  const own = await makeClient(world, 'own', { consent: 'never', subject_type: 'pairwise' });
  const machine = await makeClient(world, 'machine', {
    grant_types: ['client_credentials'],
    scopes: ['email'],
    redirect_uris: [],
    access_token_format: 'opaque',
  });
  await operate(world, ops.role_add, { role: 'admin', title: 'Everything' } as never);
  await operate(world, ops.resource_set, { resource, title: 'Tools' } as never);
  const families: Holdings['families'] = [];
  const codes: Holdings['codes'] = [];
  for (const [at, client] of [shop, app, shop, app, shop, gone, app, shop].entries()) {
    const user = await makeUser(world, `person-${client.client_id}-${at}`);
    if (at % 2)
      await operate(world, ops.role_assign, { role: 'admin', username: user.username } as never);
    families.push(await makeFamily(world, client, user, at));
    const browser = newBrowser();
    codes.push({ client, browser, code: await obtainCode(world, browser, client, user) });
    if (at === 4)
      await operate(world, ops.user_disable, { username: user.username, disabled: true });
  }
  await operate(world, ops.client_disable, { client_id: 'gone', disabled: true });
  const servers = await makeServers(world);
  codes.push(...(await makeManagedCodes(world)));
  const devices = await makeDevices(world);
  const polled = await makeDeviceCodes(world, devices);
  // So low that the larger sets come to it.
  await operate(world, ops.tenant_set, { settings: { authorization_rate: 15 } });
  return { clients: [shop, app, gone, machine, own], servers, families, codes, devices, polled };
}

async function makeServers(world: World): Promise<Client[]> {
  const audiences = [null, [resource], ['https://id.example/acme']];
  const servers = audiences.map((introspection_audience, at) =>
    makeClient(world, `server-${at}`, { introspection_audience }),
  );
  return [...(await Promise.all(servers)), await makeClient(world, 'other', { third_party: true })];
}

async function makeDevices(world: World): Promise<Client[]> {
  const grant_types = [deviceGrant];
  const tool = { token_endpoint_auth_method: 'none', grant_types, redirect_uris: [] };
  return [
    await makeClient(world, 'television', tool),
    await makeClient(world, 'radio', { grant_types, redirect_uris: [], scopes: ['email'] }),
  ];
}

async function makeFamily(world: World, client: Client, user: User, at: number) {
  const { database, tenant } = world;
  const scopes = ['openid', 'email', 'admin', 'offline_access'];
  const given = await obtainTokens(world, client, user, {
    scopes,
    ...(at > 5 && { resources: [resource] }),
  });
  const tokens: RefreshToken[] = [given.refresh];
  for (let turn = 0; turn < at % 3; turn += 1) {
    const { refresh } = await rotate(world, client, tokens[0] as RefreshToken);
    tokens.unshift(refresh);
  }
  const handle = given.refresh.handle_hash;
  if (at === 3) {
    await database.sql`
      update pgrant.token_families set idle_expires_at = now() - interval '1 hour'
       where tenant_id = ${tenant} and handle_hash = ${handle}`;
  }
  if (at === 6) {
    await database.sql`
      update pgrant.token_families set revoked_at = now(), revoked_reason = 'by hand', successor_salt = null
       where tenant_id = ${tenant} and handle_hash = ${handle}`;
  }
  return { client, tokens, access: given.access };
}

const pick = <T>(random: Random, from: readonly T[]): T =>
  from[Math.floor(random() * from.length)] as T;

function presenter(random: Random, own: Client, { clients }: Holdings): Args {
  const client = random() < 0.85 ? own : pick(random, clients);
  return random() < 0.9 ? client : { ...client, secret_hash: secret() };
}

/** Proofs of two keys, some of them made once and sent twice. */
const possession = (random: Random) => {
  if (random() < 0.5) return null;
  const [key, number] = [Math.floor(random() * 2), Math.floor(random() * 40)];
  const proof = {
    jkt: 'ab'.charAt(key).repeat(43),
    alg: random() < 0.05 ? 'HS256' : 'ES256',
    jti_hash: `${key}${number}`.padStart(64, '0'),
    exp: proofsExpireAt,
    ...(random() < 0.1 && { nonce: pick(random, ['good', 'unknown']) }),
  };
  return { proof: random() < 0.9 ? proof : { fault: 'htm is not POST' } };
};

const proofsExpireAt = Math.floor(Date.now() / 1000) + 90;

const challenges = ['E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'];

/** For each function of sets what makes the arguments of one request. */
export const makers: Record<string, (random: Random, holdings: Holdings) => Args> = {
  refresh_rotate: (random, holdings) => {
    const { client, tokens } = pick(random, holdings.families);
    const token = random() < 0.7 ? (tokens[0] as RefreshToken) : pick(random, tokens);
    return {
      ...presenter(random, client, holdings),
      possession: possession(random),
      handle_hash: random() < 0.95 ? token.handle_hash : secret(),
      refresh_hash: random() < 0.9 ? token.refresh_hash : secret(),
      scope: pick(random, [null, null, 'email', 'openid admin', 'phone', '']),
      resource: pick(random, ['', '', resource, 'https://other.example/']),
      access_hash: secret(),
      successor_hash: secret(),
      successor_salt: randomBytes(32),
    };
  },
  code_redeem: (random, holdings) => {
    const { client, code } = pick(random, holdings.codes);
    return {
      ...presenter(random, client, holdings),
      possession: possession(random),
      ...(random() < 0.95 ? code : { ...code, code_hash: secret() }),
      redirect_uri: random() < 0.9 ? 'https://app.example/callback' : 'https://evil.example/',
      code_challenge: random() < 0.9 ? challenges[0] : pick(random, [null, 'wrong']),
      resource: pick(random, ['', '', resource]),
      ...newTokens(),
    };
  },
  authorization_begin: (random, holdings) => {
    const { client, browser } = pick(random, holdings.codes);
    const { client_id } = random() < 0.7 ? client : pick(random, holdings.clients);
    const signedIn = random() < 0.8;
    return {
      client_id: random() < 0.95 ? client_id : 'nobody',
      redirect_uri: random() < 0.9 ? 'https://app.example/callback' : 'https://evil.example/',
      request_hash: secret(),
      code_hash: secret(),
      browser_hash: random() < 0.9 ? browser.browser_hash : null,
      session_hash: signedIn ? browser.session_hash : null,
      session_expires_at: signedIn ? browser.session_expires_at : null,
      error: random() < 0.9 ? null : 'invalid_request',
      parameters: {
        ...plainParameters,
        scopes: pick(random, [['openid', 'email'], ['email'], ['email', 'nothing'], ['phone'], []]),
        prompt: pick(random, [[], [], ['none'], ['login'], ['consent'], ['select_account']]),
        code_challenge: random() < 0.9 ? plainParameters.code_challenge : null,
        resources: pick(random, [[], [], [resource], ['https://other.example/']]),
        essential_acr: pick(random, [null, null, null, ['urn:example:high']]),
      },
    };
  },
  client_credentials_issue: (random, holdings) => ({
    ...presenter(random, holdings.clients[3] as Client, holdings),
    possession: possession(random),
    scope: pick(random, [null, 'email', 'email nothing', 'openid', 'phone', '']),
    resource: pick(random, ['', resource, 'https://other.example/']),
    access_hash: secret(),
  }),
  device_authorize: (random, holdings) => ({
    ...presenter(random, pick(random, holdings.devices), holdings),
    address: pick(random, ['192.0.2.1', '192.0.2.1', '192.0.2.1', '2001:db8::1']),
    next_device_hash: secret(),
    next_user_code_hash: secret(),
    next_user_code_start: 'BC',
    scope: pick(random, ['', '', 'email', 'openid profile', 'email nothing', 'phone']),
    resource: pick(random, ['', '', resource, 'https://other.example/']),
  }),
  device_redeem: (random, holdings) => {
    const { client, code } = pick(random, holdings.polled);
    return {
      ...presenter(random, client, holdings),
      possession: possession(random),
      ...(random() < 0.95 ? code : { ...code, device_hash: secret() }),
      ...newTokens(),
    };
  },
  token_introspect: (random, holdings) => {
    const { client, tokens, access } = pick(random, holdings.families);
    const asking = random() < 0.5 ? client : pick(random, holdings.servers);
    return {
      ...presenter(random, asking, holdings),
      ...(random() < 0.6
        ? access
        : random() < 0.7
          ? pick(random, tokens)
          : { access_hash: secret(), access_expires_at: 1 }),
    };
  },
  token_revoke: (random, holdings) => {
    const { client, tokens, access } = pick(random, holdings.families);
    return {
      ...presenter(random, client, holdings),
      ...(random() < 0.6 ? access : pick(random, tokens)),
    };
  },
  userinfo_read: (random, holdings) => ({
    ...pick(random, holdings.families).access,
    possession: possession(random),
  }),
};

export const setFunctions = Object.keys(makers) as (keyof typeof api & keyof typeof makers)[];
