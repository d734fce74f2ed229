// What takes access away and what gives it, at the same moment: whichever has begun first, nothing is left of it.
import { randomBytes } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import { beside } from '../support/beside.ts';
import {
  ask,
  type Client,
  makeClient,
  makeUser,
  makeWorld,
  operate,
  secret,
  type User,
  type World,
} from '../support/fixtures.ts';
import {
  type Browser,
  begin,
  type Code,
  decide,
  type Flow,
  login,
  newBrowser,
  obtainCode,
  obtainTokens,
  proceed,
  type RefreshToken,
  redeem,
  rotate,
} from '../support/flows.ts';
import { makeKey, type SigningKey, setOf } from '../support/signing.ts';

type Scene = { client: Client; user: User; browser: Browser };
type Tokens = {
  refresh?: RefreshToken;
  access: { access_hash: Buffer; access_expires_at: number | null };
};
type Held = { code?: Code; tokens?: Tokens; session?: Browser; waiting?: Flow };
/** Gets ready, and then does it: within another transaction, or not. */
type Act<Result> = (scene: Scene) => Promise<(at: World) => Promise<Result>>;
type Acts<Result> = Record<string, Act<Result>>;

let world: World;
let server: Client;
let key: SigningKey;
let count = 0;

beforeAll(async () => {
  world = await makeWorld(8);
  server = await makeClient(world, 'server');
  await operate(world, ops.tenant_set, { settings: { second_factor: 'optional' } });
  key = await makeKey('ES256');
  await operate(world, ops.identity_assertion_issuer_set, { issuer, jwks: setOf(key) });
});

const bearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const issuer = 'https://idp.example';
const device = 'urn:ietf:params:oauth:grant-type:device_code';
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';

async function makeScene(): Promise<Scene> {
  count += 1;
  const client = await makeClient(world, `app-${count}`, {
    access_token_format: 'opaque',
    grant_types: ['authorization_code', 'refresh_token', device, exchange, bearer],
  });
  await operate(world, ops.exchange_allow, { client_id: client.client_id, scopes: ['email'] });
  await operate(world, ops.identity_assertion_client_allow, {
    issuer,
    client_id: client.client_id,
    scopes: ['email'],
  });
  const user = await makeUser(world, `user-${count}`);
  await operate(world, ops.user_subject, { username: user.username, subject: user.username });
  return { client, user, browser: newBrowser() };
}

const cookies = ({ session_hash, session_expires_at, csrf_hash }: Browser) => ({
  session_hash,
  session_expires_at,
  csrf_hash,
});
const step = () => Math.floor(Date.now() / 30_000);
const codeOf = (code_hash: Buffer, code_expires_at: number | null) =>
  code_expires_at ? { code: { code_hash, code_expires_at } } : {};

/** The browser goes on in the session that a function has begun, if it has. */
const continued = (
  browser: Browser,
  row: { session_expires_at: number | null },
  next: { next_session_hash: Buffer; next_csrf_hash: Buffer },
): Held => {
  const { session_expires_at } = row;
  const { next_session_hash: session_hash, next_csrf_hash: csrf_hash } = next;
  return session_expires_at
    ? { session: { ...browser, session_hash, csrf_hash, session_expires_at } }
    : {};
};

async function signIn({ client, user, browser }: Scene) {
  await login(world, await begin(world, browser, client), user);
}

async function addTotp({ browser }: Scene, at: World): Promise<Held> {
  const next = { next_session_hash: secret(), next_csrf_hash: secret() };
  const row = await ask(at, api.totp_add, {
    ...cookies(browser),
    sealed_secret: Buffer.from('sealed'),
    totp_step: step() - 1,
    recovery_hashes: Array.from({ length: 10 }, secret),
    ...next,
  });
  return continued(browser, row, next);
}

const gives = {
  'a consent': async ({ client, user, browser }) => {
    const flow = await begin(world, browser, client);
    await login(world, flow, user);
    await proceed(world, flow);
    return async (at) => codeOf(flow.code_hash, (await decide(at, flow)).code_expires_at);
  },
  'a code without a page': async ({ client, user, browser }) => {
    await obtainCode(world, browser, client, user);
    return async (at) => {
      const { code_hash, row } = await begin(at, browser, client);
      return codeOf(code_hash, row.code_expires_at);
    };
  },
  'tokens for a code': async ({ client, user, browser }) => {
    const code = await obtainCode(world, browser, client, user);
    return async (at) => ({ tokens: await redeem(at, client, code) });
  },
  'tokens for a device': async ({ client, user, browser }) => {
    const [device_hash, user_code_hash, request_hash] = [secret(), secret(), secret()];
    const asked = await ask(world, api.device_authorize, {
      ...client,
      next_device_hash: device_hash,
      next_user_code_hash: user_code_hash,
      next_user_code_start: 'BC',
      scope: 'openid email',
      resource: '',
    });
    const { browser_hash } = browser;
    const verified = await ask(world, api.device_verify, {
      user_code_hash,
      request_hash,
      browser_hash,
    });
    const request = { request_hash, request_expires_at: verified.expires_at ?? 0 };
    const flow = { browser, request, code_hash: secret(), row: {} as never };
    await login(world, flow, user);
    await proceed(world, flow);
    await decide(world, flow);
    return async (at) => {
      const refresh = { handle_hash: secret(), refresh_hash: secret() };
      const access_hash = secret();
      const { access_expires_at } = await ask(at, api.device_redeem, {
        ...client,
        device_hash,
        device_expires_at: asked.expires_at,
        access_hash,
        ...refresh,
      });
      return { tokens: { refresh, access: { access_hash, access_expires_at } } };
    };
  },
  'an exchanged token': async ({ client, user, browser }) => {
    const { access } = await obtainTokens(world, client, user, { browser });
    return async (at) => {
      const access_hash = secret();
      const { access_expires_at } = await ask(at, api.token_exchange, {
        ...client,
        ...access,
        issued_hash: access_hash,
      });
      return { tokens: { access: { access_hash, access_expires_at } } };
    };
  },
  'a token for an identity assertion': async ({ client, user }) => {
    const identity_assertion = {
      alg: 'ES256',
      issuer,
      subject: user.username,
      audience: 'https://id.example/acme',
      client_id: client.client_id,
      exp: Math.floor(Date.now() / 1000) + 300,
      jti_hash: secret().toString('hex'),
      resources: [],
      thumbprint: await calculateJwkThumbprint(key.jwk),
    };
    return async (at) => {
      const access_hash = secret();
      const { access_expires_at } = await ask(at, api.identity_assertion_redeem, {
        ...client,
        identity_assertion,
        resource: '',
        access_hash,
      });
      return { tokens: { access: { access_hash, access_expires_at } } };
    };
  },
  'a rotation': async ({ client, user, browser }) => {
    const { refresh } = await obtainTokens(world, client, user, { browser });
    return async (at) => ({ tokens: await rotate(at, client, refresh) });
  },
  'a sign-in': async ({ client, user, browser }) => {
    const flow = await begin(world, browser, client);
    return async (at) => {
      await login(at, flow, user);
      return { session: browser };
    };
  },
  'a first factor': async (scene) => {
    const { client, user } = scene;
    await signIn(scene);
    await addTotp(scene, world);
    const flow = await begin(world, newBrowser(), client);
    return async (at) => {
      await login(at, flow, user);
      return { waiting: flow };
    };
  },
  'a second factor': async (scene) => {
    await signIn(scene);
    await addTotp(scene, world);
    const flow = await begin(world, newBrowser(), scene.client);
    await login(world, flow, scene.user);
    return (at) => showTotp(at, flow);
  },
  'a factor that is set up': async (scene) => {
    await signIn(scene);
    return (at) => addTotp(scene, at);
  },
  'a password of their own': async (scene) => {
    await signIn(scene);
    const next = { next_session_hash: secret(), next_csrf_hash: secret() };
    return async (at) => {
      const row = await ask(at, api.account_password_set, {
        ...cookies(scene.browser),
        next_password_salt: randomBytes(16),
        next_password_params: { m: 19_456, t: 2, p: 1 },
        next_password_hash: secret(),
        ...next,
      });
      return continued(scene.browser, row, next);
    };
  },
} satisfies Acts<Held>;

async function showTotp(at: World, { browser, request }: Flow): Promise<Held> {
  const next = { next_session_hash: secret(), next_csrf_hash: secret() };
  const row = await ask(at, api.second_factor_finish, {
    ...request,
    browser_hash: browser.browser_hash,
    totp_step: step() + 1,
    ...next,
  });
  return continued(browser, row, next);
}

const takes = {
  'the person is disabled':
    async ({ user: { username } }) =>
    (at) =>
      operate(at, ops.user_disable, { username, disabled: true }),
  'the person is removed':
    async ({ user: { username } }) =>
    (at) =>
      operate(at, ops.user_remove, { username }),
  'the person is signed out':
    async ({ user: { username } }) =>
    (at) =>
      operate(at, ops.user_sign_out, { username }),
  'the password is changed':
    async ({ user: { username } }) =>
    (at) =>
      operate(at, ops.user_password, {
        username,
        password_salt: randomBytes(16),
        password_params: { m: 19_456, t: 2, p: 1 },
        password_hash: secret(),
      }),
  'it was an incident': async () => (at) =>
    operate(at, ops.incident_revoke, {
      since: '-infinity',
      grants: false,
      client_secrets: false,
    } as never),
  'the client is disabled':
    async ({ client: { client_id } }) =>
    (at) =>
      operate(at, ops.client_disable, { client_id, disabled: true }),
  'the client is removed':
    async ({ client: { client_id } }) =>
    (at) =>
      operate(at, ops.client_remove, { client_id }),
  'the grant is revoked': async ({ client: { client_id } }) => {
    const [row] = await world.database.sql`
      select grant_id from pgrant.grants where tenant_id = ${world.tenant} and client_id = ${client_id}`;
    return (at) => operate(at, ops.grant_revoke, { grant_id: row?.grant_id });
  },
  'the browser is signed out':
    async ({ browser }) =>
    (at) =>
      ask(at, api.session_logout, cookies(browser)),
  'a client signs out of the session': async ({ client: { client_id }, user: { user_id } }) => {
    const [row] = await world.database.sql`
      select session_id from pgrant.sessions
       where tenant_id = ${world.tenant} and user_id = ${user_id} and ended_at is null`;
    const hint = { hint_sub: user_id, hint_client_id: client_id, hint_sid: row?.session_id };
    return (at) => ask(at, api.session_logout, hint);
  },
  'the consent is withdrawn': async ({ client: { client_id }, browser }) => {
    const [row] = await world.database.sql`
      select grant_id from pgrant.grants where tenant_id = ${world.tenant} and client_id = ${client_id}`;
    return (at) => ask(at, api.consent_revoke, { ...cookies(browser), grant_id: row?.grant_id });
  },
} satisfies Acts<unknown>;

type Given = keyof typeof gives;
type Taken = keyof typeof takes;
const giver = (name: Given): Act<Held> => gives[name];
const taker = (name: Taken): Act<unknown> => takes[name];

const ofPeople: Taken[] = [
  'the person is disabled',
  'the person is removed',
  'the person is signed out',
  'the password is changed',
];
const ofClients: Taken[] = ['the client is disabled', 'the client is removed'];
const ofGrants: Taken[] = ['the grant is revoked', 'the consent is withdrawn'];
/** Whoever signs in at last has not been signed out. */
const ofSignIns = ofPeople.filter((taken) => taken !== 'the person is signed out');
/** What leaves nothing of what is given at the same moment. */
const pairs: Record<Given, Taken[]> = {
  'a consent': [...ofPeople, ...ofClients, 'the browser is signed out'],
  'a code without a page': [...ofPeople, ...ofClients, 'the browser is signed out'],
  'tokens for a code': [...ofPeople, ...ofClients, ...ofGrants, 'the browser is signed out'],
  'tokens for a device': [...ofPeople, ...ofClients, ...ofGrants, 'the browser is signed out'],
  'an exchanged token': [...ofPeople, ...ofClients, ...ofGrants, 'the browser is signed out'],
  'a rotation': [...ofPeople, ...ofClients, ...ofGrants, 'the browser is signed out'],
  'a token for an identity assertion': [
    'the person is disabled',
    'the person is removed',
    ...ofClients,
  ],
  'a sign-in': ofSignIns,
  'a first factor': ofSignIns,
  'a second factor': ofPeople,
  'a factor that is set up': [
    ...ofPeople,
    'it was an incident',
    'a client signs out of the session',
  ],
  'a password of their own': [...ofPeople, 'it was an incident'],
};

/** Whoever is enabled again gets nothing back (user_disable). */
async function restore({ user: { username } }: Scene, taken: Taken) {
  if (taken !== 'the person is disabled') return;
  await operate(world, ops.user_disable, { username, disabled: false });
}

/** What of it is good for anything. */
async function good({ client }: Scene, held: Held): Promise<string[]> {
  const { code, tokens, session } = held.waiting ? await showTotp(world, held.waiting) : held;
  const redeemed = code && (await redeem(world, client, code));
  const { access, refresh } = redeemed ?? tokens ?? {};
  const told = access?.access_expires_at
    ? await ask(world, api.token_introspect, { ...server, ...access })
    : { active: false };
  const rotated = refresh && (await rotate(world, client, refresh)).row;
  const asked = session && (await begin(world, session, server)).row;
  return [
    redeemed?.row.error === null ? 'code' : '',
    told.active ? 'access token' : '',
    rotated?.error === null ? 'refresh token' : '',
    asked && asked.next !== 'login' ? 'session' : '',
  ].filter((one) => one !== '');
}

const cases = Object.entries(pairs).flatMap(([given, all]) =>
  all.map((taken) => [given as Given, taken] as const),
);

test.each(cases)('%s beside: %s', async (given, taken) => {
  const [first, second] = [await makeScene(), await makeScene()];
  const [held] = await beside(world, await giver(given)(first), await taker(taken)(first));
  await restore(first, taken);
  expect(await good(first, held), 'it is given first').toEqual([]);
  const giving = await giver(given)(second);
  const [, late] = await beside(world, await taker(taken)(second), giving);
  await restore(second, taken);
  expect(await good(second, late), 'it is taken first').toEqual([]);
});

test.each(['a factor that is set up', 'a password of their own'] as const)(
  '%s beside: the browser has been signed out',
  async (given) => {
    const scene = await makeScene();
    const giving = await giver(given)(scene);
    const taking = await taker('the browser is signed out')(scene);
    const [, held] = await beside(world, taking, giving);
    expect(await good(scene, held)).toEqual([]);
  },
);

test.each(Object.keys(gives) as Given[])('%s is good where nothing is taken', async (given) => {
  const scene = await makeScene();
  const giving = await giver(given)(scene);
  expect(await good(scene, await giving(world))).not.toEqual([]);
});
