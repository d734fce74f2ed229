// The steps from an authorization request to rotated tokens, as the web process takes them.
import { randomBytes } from 'node:crypto';
import {
  type ApiAuthorization,
  type ApiAuthorizationParameters,
  type ApiTokens,
  api,
} from '../../src/db/bindings.ts';
import {
  ask,
  type Client,
  code_challenge,
  redirect_uri,
  secret,
  type User,
  type World,
} from './fixtures.ts';

/** What one browser holds: its own cookie, and that of the session it is signed in to. */
export type Browser = {
  browser_hash: Buffer;
  session_hash: Buffer | null;
  session_expires_at: number | null;
  csrf_hash: Buffer | null;
};
/** An authorization request that is under way in a browser. */
export type Flow = {
  browser: Browser;
  request: { request_hash: Buffer; request_expires_at: number };
  code_hash: Buffer;
  row: ApiAuthorization;
};
export type Code = { code_hash: Buffer; code_expires_at: number };
export type RefreshToken = { handle_hash: Buffer; refresh_hash: Buffer };

export function newBrowser(): Browser {
  return { browser_hash: secret(), session_hash: null, session_expires_at: null, csrf_hash: null };
}

type Sent = NonNullable<(typeof api.authorization_begin)['types']>[0];
type BeginArgs = Partial<ApiAuthorizationParameters & Omit<Sent, 'parameters'>>;

/** What an authorization request asks for that asks for nothing special. */
export const plainParameters: ApiAuthorizationParameters = {
  response_mode: 'query',
  state: null,
  nonce: null,
  code_challenge,
  scopes: ['openid', 'email'],
  prompt: [],
  max_age: null,
  hint_sub: null,
  login_hint: null,
  acr_values: [],
  essential_acr: null,
  claims_id_token: [],
  claims_userinfo: [],
  ui_locales: [],
  resources: [],
  dpop_jkt: null,
  authorization_details: null,
  grant_management_action: null,
  grant_id: null,
};

/** Sends an authorization request from a browser. */
export async function begin(
  world: World,
  browser: Browser,
  { client_id }: Pick<Client, 'client_id'>,
  args: BeginArgs = {},
): Promise<Flow> {
  const [request_hash, code_hash] = [secret(), secret()];
  const asked = Object.entries(args).filter(([name]) => name in plainParameters);
  const row = await ask(world, api.authorization_begin, {
    ...cookies(browser),
    request_hash,
    code_hash,
    client_id,
    redirect_uri,
    parameters: { ...plainParameters, ...Object.fromEntries(asked) },
    ...args,
  });
  const request = { request_hash, request_expires_at: row.request_expires_at ?? 0 };
  return { browser, request, code_hash, row };
}

/** Asks for what a password is derived with. */
export function challenge(world: World, { browser, request }: Flow, username: string) {
  const { browser_hash } = browser;
  return ask(world, api.login_begin, { ...request, browser_hash, username });
}

/** Signs in for a request; the browser holds the new session afterwards. */
export async function login(
  world: World,
  { browser, request }: Flow,
  { username, password_hash }: Pick<User, 'username' | 'password_hash'>,
  args: { address?: string; browser_hash?: Buffer; user_agent?: string } = {},
) {
  const session = { session_hash: secret(), csrf_hash: secret() };
  const row = await ask(world, api.login_finish, {
    ...request,
    browser_hash: browser.browser_hash,
    username,
    password_hash,
    ...session,
    old_session_hash: browser.session_hash,
    old_session_expires_at: browser.session_expires_at,
    ...args,
  });
  if (!row.error) {
    Object.assign(browser, session, { session_expires_at: row.session_expires_at });
  }
  return row;
}

/** Comes back to a request: to login, to consent, or to the answer. */
export function proceed(world: World, { browser, request, code_hash }: Flow) {
  return ask(world, api.authorization_continue, { ...cookies(browser), ...request, code_hash });
}

/** Allows or denies a request in the browser's session. */
export function decide(world: World, { browser, request, code_hash }: Flow, allow = true) {
  return ask(world, api.consent_decide, {
    ...cookies(browser),
    csrf_hash: browser.csrf_hash,
    ...request,
    code_hash,
    allow,
    devices: [],
  });
}

function cookies({ browser_hash, session_hash, session_expires_at }: Browser) {
  return { browser_hash, session_hash, session_expires_at };
}

/** Signs in and consents where that is asked for, until there is a code. */
export async function obtainCode(
  world: World,
  browser: Browser,
  client: Client,
  user: User,
  args: BeginArgs = {},
): Promise<Code> {
  const flow = await begin(world, browser, client, args);
  let row = flow.row;
  if (row.next === 'login') {
    await login(world, flow, user);
    row = await proceed(world, flow);
  }
  if (row.next === 'consent') row = await decide(world, flow);
  if (!row.code_expires_at) throw new Error(`no code: ${JSON.stringify(row)}`);
  return { code_hash: flow.code_hash, code_expires_at: row.code_expires_at };
}

/** Presents a code; `refresh` and `access` are what the client holds if it is redeemed. */
export async function redeem(
  world: World,
  client: Client,
  code: Code,
  args: { redirect_uri?: string | null; code_challenge?: string | null } = {},
) {
  const refresh = { handle_hash: secret(), refresh_hash: secret() };
  const access_hash = secret();
  const proof = { redirect_uri, code_challenge, ...args };
  const row = await ask(world, api.code_redeem, {
    ...client,
    ...code,
    ...proof,
    access_hash,
    ...refresh,
  });
  return { row, refresh, access: access(access_hash, row) };
}

/** Everything from the request to the tokens. */
export async function obtainTokens(
  world: World,
  client: Client,
  user: User,
  args: BeginArgs & { browser?: Browser } = {},
) {
  const { browser = newBrowser(), ...request } = args;
  const code = await obtainCode(world, browser, client, user, request);
  return { ...(await redeem(world, client, code)), code, browser };
}

type Rotated = {
  row: ApiTokens;
  refresh: RefreshToken;
  successor_salt: Buffer;
  access: ReturnType<typeof access>;
};

/** Presents a refresh token; `refresh` is the successor that was proposed. */
export async function rotate(
  world: World,
  client: Client,
  token: RefreshToken,
  scopes: string[] | null = null,
): Promise<Rotated> {
  const [refresh_hash, access_hash, successor_salt] = [secret(), secret(), randomBytes(32)];
  const row = await ask(world, api.refresh_rotate, {
    ...client,
    ...token,
    scope: scopes?.join(' ') ?? null,
    access_hash,
    successor_hash: refresh_hash,
    successor_salt,
  });
  const refresh = { handle_hash: token.handle_hash, refresh_hash };
  return { row, refresh, successor_salt, access: access(access_hash, row) };
}

function access(access_hash: Buffer, { access_expires_at }: ApiTokens) {
  return { access_hash, access_expires_at };
}

/** The claims of the JWT access token that a response contains, as the web process hands them on. */
export function jwtOf({
  client_id,
  family_id,
  scopes,
  issued_at,
  access_expires_at,
  audience,
}: ApiTokens) {
  return {
    // A tenant without resources has its issuer for an audience.
    iss: audience?.[0],
    jti: randomBytes(16).toString('hex'),
    client_id,
    family_id,
    scope: scopes?.join(' '),
    iat: issued_at,
    exp: access_expires_at,
    aud: audience,
  } as never;
}
