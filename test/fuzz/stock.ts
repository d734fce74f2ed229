// Things that are good at the tenants now: tokens are spent, and requests expire.
import * as client from 'openid-client';
import { type Acme, discover, obtainTokens, password, redirect_uri } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import type { Client } from '../support/issuer.ts';
import { push, requested } from '../support/pushing.ts';
import { type Signed, signedJunk } from './signed.ts';

/** Texts that are good somewhere, by the name of the parameter that takes them. */
export type Goods = Record<string, string>;
export type Stock = { goods: Goods; signed: Signed };

/** Obtains all of it anew. */
export async function obtainStock(
  seed: number,
  number: number,
  { acme, shop, web }: { acme: string; shop: string; web: Client },
): Promise<Stock> {
  const goods = {
    ...(await tokensOf({ issuer: acme, web } as Acme)),
    ...(await registrationOf(acme)),
    ...web,
    host: new URL(acme).host,
    username: 'bob',
    password,
  };
  return { goods, signed: await signedJunk(seed, number, { acme, shop }) };
}

async function tokensOf(acme: Acme): Promise<Goods> {
  const config = await discover(acme, acme.web);
  const browser = new Browser();
  const parameters = { scope: 'openid email offline_access' };
  const {
    access_token,
    refresh_token = '',
    id_token = '',
  } = await obtainTokens(config, parameters, browser);
  const code_verifier = client.randomPKCECodeVerifier();
  const code_challenge = await client.calculatePKCECodeChallenge(code_verifier);
  const challenged = { redirect_uri, code_challenge, code_challenge_method: 'S256' };
  const ask = async (more: Record<string, string>) => {
    const url = client.buildAuthorizationUrl(config, { ...parameters, ...challenged, ...more });
    const { headers } = await browser.fetch(url);
    return new URL(headers.get('location') ?? '', url);
  };
  const listed = await browser.fetch(`${acme.issuer}/oauth/consents`, {
    headers: { accept: 'application/json' },
  });
  const { csrf, consents } = (await listed.json()) as {
    csrf: string;
    consents: { grant_id: string }[];
  };
  return {
    access_token,
    token: access_token,
    refresh_token,
    id_token_hint: id_token,
    code: (await ask({})).searchParams.get('code') ?? '',
    code_verifier,
    code_challenge,
    request: (await ask({ prompt: 'login' })).searchParams.get('request') ?? '',
    csrf,
    grant_id: consents[0]?.grant_id ?? '',
    cookie: browser.cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
    redirect_uri,
    request_uri: await pushedOf(acme),
  };
}

async function pushedOf({ issuer, web }: Acme): Promise<string> {
  return (await push(issuer, { ...requested(redirect_uri), ...web })).request_uri;
}

async function registrationOf(issuer: string): Promise<Goods> {
  const response = await fetch(`${issuer}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [redirect_uri], client_name: 'Fern' }),
  });
  const { client_id = '', registration_access_token = '' } = (await response.json()) as Goods;
  return { registered_id: client_id, registration_access_token };
}
