// Clients that push their authorization requests, and those that sign them.
import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { SigningKey } from './signing.ts';

export const code_verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
export const code_challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

/** The parameters of a good request. */
export const requested = (redirect_uri: string) => ({
  redirect_uri,
  response_type: 'code',
  scope: 'openid',
  state: 'abc',
  code_challenge,
  code_challenge_method: 'S256',
});

type Parameters = Record<string, string | undefined>;

function form(values: Parameters) {
  const sent = Object.entries(values).filter(([, value]) => value !== undefined);
  return new URLSearchParams(sent as [string, string][]);
}

export type Pushed = { request_uri: string; expires_in: number };
export type PushRefusal = { error: string; error_description: string };

/** Pushes a request, and gives the status and the JSON of the answer. */
export async function push(issuer: string, body: Parameters, headers: Record<string, string> = {}) {
  const response = await fetch(`${issuer}/oauth/par`, {
    method: 'POST',
    headers,
    body: form(body),
  });
  const json = (await response.json()) as Pushed & PushRefusal;
  return { status: response.status, headers: response.headers, ...json };
}

export const authorizeUrl = (issuer: string, query: Parameters) =>
  `${issuer}/oauth/authorize?${form(query)}`;

type Change = { header?: Record<string, unknown>; claims?: Record<string, unknown> };

/** A request object as it should be, but for the change. */
export function signRequest(
  key: SigningKey,
  client_id: string,
  aud: string,
  request: Record<string, unknown>,
  { header, claims }: Change = {},
) {
  const now = Math.floor(Date.now() / 1000);
  const own = { iss: client_id, aud, client_id, jti: randomUUID(), nbf: now, exp: now + 300 };
  return new SignJWT({ ...own, ...request, ...claims })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'oauth-authz-req+jwt', ...header })
    .sign(key.privateKey);
}
