// How a connection gets its tokens and its session: by the whole flow, through the pages of the server.
import { createHash, randomBytes } from 'node:crypto';
import { Browser } from '../support/browser.ts';
import { type BenchClient, password, redirectUri, type Service } from './service.ts';

const verifier = randomBytes(32).toString('base64url');
const challenge = createHash('sha256').update(verifier).digest('base64url');

/** What a person has at one client. */
export type Holdings = { access_token: string; refresh_token: string };

/** The path and query of an authorization request. */
export function authorizePath(
  { authorize }: Service,
  { client_id }: BenchClient,
  scope: string,
  prompt?: string,
): string {
  const query = new URLSearchParams({
    client_id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope,
    state: 'benchmark',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...(prompt !== undefined && { prompt }),
  });
  return `${authorize}?${query}`;
}

/** The form that redeems the code in a redirect. */
export function redeemForm(location: string): string {
  const code = new URL(location).searchParams.get('code');
  if (!code) throw new Error(`no code in ${location}`);
  return new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  }).toString();
}

/** The credentials of a client, for an Authorization header. */
export function basicCredentials({ client_id, client_secret }: BenchClient): string {
  return `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`;
}

/** Signs person `number` in, allows both clients everything, and gives cookies and tokens. */
export async function signIn(service: Service, number: number) {
  const browser = new Browser();
  const tokens = {
    opaque: await obtain(service, browser, service.clients.opaque, number),
    jwt: await obtain(service, browser, service.clients.jwt, number),
  };
  const cookies = browser.cookies
    .filter(({ path }) => service.authorize.startsWith(path))
    .map(({ name, value }) => `${name}=${value}`);
  return { cookie: `Cookie: ${cookies.join('; ')}\r\n`, tokens };
}

async function obtain(
  service: Service,
  browser: Browser,
  client: BenchClient,
  number: number,
): Promise<Holdings> {
  // The first consent is what the code flow remembers, the second gives the tokens to refresh.
  await allow(service, browser, client, number, 'openid api offline_access');
  const location = await allow(service, browser, client, number, 'api offline_access');
  const response = await fetch(service.origin + service.token, {
    method: 'POST',
    headers: {
      authorization: basicCredentials(client),
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: redeemForm(location),
  });
  const holdings = (await response.json()) as Holdings;
  if (holdings.refresh_token) return holdings;
  throw new Error(`no refresh token: ${JSON.stringify(holdings)}`);
}

async function allow(
  service: Service,
  browser: Browser,
  client: BenchClient,
  number: number,
  scope: string,
): Promise<string> {
  let page = await browser.open(service.origin + authorizePath(service, client, scope, 'consent'));
  if (page.html.includes('name="password"')) {
    const person = { [service.usernameField]: `person${number}`, password };
    page = await browser.submit(page, person);
  }
  if (page.html) page = await browser.submit(page, { decision: 'allow' });
  return page.url;
}
