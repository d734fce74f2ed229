// What a client and a person do at a tenant, by HTTP and from outside.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Browser } from '../support/browser.ts';

export type Client = { client_id: string; client_secret: string };
export type Place = { issuer: string; client: Client; username: string; password: string };
export type Tokens = { access_token: string; refresh_token: string; id_token: string };
type Answer = { status: number; body: Record<string, unknown>; retryAfter: string | null };

export const resource = 'https://api.example';
export const redirectUri = 'http://127.0.0.1:9/callback';
const verifier = randomBytes(32).toString('base64url');
const code_challenge = createHash('sha256').update(verifier).digest('base64url');

/** A request of the client at an endpoint that takes forms. */
export async function post(
  place: Place,
  path: string,
  form: Record<string, string>,
): Promise<Answer> {
  const { client_id, client_secret } = place.client;
  const answer = await fetch(`${place.issuer}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`,
    },
    body: new URLSearchParams(form),
  });
  return await read(answer);
}

async function read(answer: Response): Promise<Answer> {
  const text = await answer.text();
  const retryAfter = answer.headers.get('retry-after');
  return { status: answer.status, body: text ? JSON.parse(text) : {}, retryAfter };
}

async function get(url: string, token?: string): Promise<Answer> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return await read(await fetch(url, { headers }));
}

/** Signs in, at the second try, and allows the client everything; gives the tokens, and the browser with its session. */
export async function signIn(place: Place): Promise<{ tokens: Tokens; browser: Browser }> {
  const browser = new Browser();
  const query = new URLSearchParams({
    client_id: place.client.client_id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid profile offline_access',
    state: 'state',
    code_challenge,
    code_challenge_method: 'S256',
    prompt: 'consent',
  });
  let page = await browser.open(`${place.issuer}/oauth/authorize?${query}`);
  const { username, password } = place;
  // Once a wrong one, for what fails is counted.
  page = await browser.submit(page, { username, password: 'wrong' });
  page = await browser.submit(page, { username, password });
  if (page.html) page = await browser.submit(page, { decision: 'allow' });
  const code = new URL(page.url).searchParams.get('code');
  assert(code, `no code: ${page.url} ${page.html.slice(0, 300)}`);
  const redeem = { grant_type: 'authorization_code', code, redirect_uri: redirectUri };
  const { status, body } = await post(place, '/oauth/token', {
    ...redeem,
    code_verifier: verifier,
  });
  assert.equal(status, 200, JSON.stringify(body));
  return { tokens: body as Tokens, browser };
}

/** Metadata, keys and the token of a sign-in are what they say. */
export async function readable(place: Place, { access_token }: Tokens): Promise<void> {
  const metadata = await get(`${place.issuer}/.well-known/openid-configuration`);
  assert.equal(metadata.body.issuer, place.issuer);
  const keys = await get(String(metadata.body.jwks_uri));
  assert((keys.body.keys as unknown[]).length > 0, 'no keys');
  const person = await get(`${place.issuer}/oauth/userinfo`, access_token);
  assert.equal(person.status, 200, JSON.stringify(person.body));
}

export async function isActive(place: Place, token: string): Promise<boolean> {
  const { status, body } = await post(place, '/oauth/introspect', { token });
  assert.equal(status, 200, JSON.stringify(body));
  return body.active === true;
}

export async function refresh(place: Place, refresh_token: string): Promise<Tokens> {
  const { status, body } = await post(place, '/oauth/token', {
    grant_type: 'refresh_token',
    refresh_token,
  });
  assert.equal(status, 200, JSON.stringify(body));
  return body as Tokens;
}

/** Rotation, its replay, introspection, revocation, and reuse that ends the family. */
export async function tokenLife(place: Place, first: Tokens): Promise<void> {
  const second = await refresh(place, first.refresh_token);
  const replayed = await refresh(place, first.refresh_token);
  assert.equal(replayed.refresh_token, second.refresh_token);
  assert(await isActive(place, second.access_token));
  await post(place, '/oauth/revoke', { token: second.access_token });
  assert(!(await isActive(place, second.access_token)));
  const third = await refresh(place, second.refresh_token);
  const reused = await post(place, '/oauth/token', {
    grant_type: 'refresh_token',
    refresh_token: first.refresh_token,
  });
  assert.equal(reused.body.error, 'invalid_grant');
  assert(!(await isActive(place, third.access_token)), 'the family lives after reuse');
}

/** A token for the client itself. */
export async function machine(place: Place): Promise<void> {
  const { status, body } = await post(place, '/oauth/token', { grant_type: 'client_credentials' });
  assert.equal(status, 200, JSON.stringify(body));
}

/** What the resource has to say of its tokens is found where the tenant is. */
async function forResource(place: Place): Promise<void> {
  const grant_type = 'client_credentials';
  const { status, body } = await post(place, '/oauth/token', { grant_type, resource });
  assert.equal(status, 200, JSON.stringify(body));
  const payload = String(body.access_token).split('.')[1] ?? '';
  const { aud } = JSON.parse(Buffer.from(payload, 'base64url').toString());
  assert.equal(aud, resource);
}

/** What else there is: machines, pushed requests, device codes, registration, the account's pages, leaving. */
export async function otherEndpoints(place: Place, browser: Browser): Promise<void> {
  await machine(place);
  await forResource(place);
  const asked = { redirect_uri: redirectUri, response_type: 'code', scope: 'openid' };
  const pushed = await post(place, '/oauth/par', {
    ...asked,
    code_challenge,
    code_challenge_method: 'S256',
  });
  assert.equal(pushed.status, 201, JSON.stringify(pushed.body));
  const device = await post(place, '/oauth/device_authorization', { scope: 'openid' });
  assert.equal(device.status, 200, JSON.stringify(device.body));
  const waiting = await post(place, '/oauth/token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: String(device.body.device_code),
  });
  assert.equal(waiting.body.error, 'authorization_pending', JSON.stringify(waiting.body));
  const registering = await fetch(`${place.issuer}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: 'A program', redirect_uris: [redirectUri] }),
  });
  assert.equal(registering.status, 201, await registering.clone().text());
  const made = (await registering.json()) as Record<string, string>;
  const shown = await get(made.registration_client_uri ?? '', made.registration_access_token);
  assert.equal(shown.status, 200, JSON.stringify(shown.body));
  for (const path of ['', '/sessions', '/sign-in', '/data']) {
    const page = await browser.open(`${place.issuer}/oauth/account${path}`);
    assert.equal(page.status, 200, `${path}: ${page.html.slice(0, 300)}`);
  }
  const refused = await post(place, '/oauth/token', {
    grant_type: 'refresh_token',
    refresh_token: 'x',
  });
  assert.equal(refused.body.error, 'invalid_grant', JSON.stringify(refused.body));
  let page = await browser.open(`${place.issuer}/oauth/logout`);
  page = await browser.submit(page, {});
  assert.equal(page.status, 200, page.html.slice(0, 300));
}
