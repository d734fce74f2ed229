// RFC 9068, RFC 7519, RFC 8725, OpenID Connect Core 2, JARM and RFC 9701: tokens that are signed.
import { hash, randomUUID } from 'node:crypto';
import { compactVerify, errors, type JWTHeaderParameters, jwtVerify } from 'jose';
import type { PlainParameters } from './authorization-response.ts';
import { OAuthError } from './errors.ts';
import type { TokenKey } from './keys.ts';
import { signingAlgs } from './lists.ts';
import { signJwt } from './sign-jwt.ts';

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** Claims of a JWT access token (RFC 9068 2.2, RFC 9396 9.1, RFC 8693 4.1); times are epoch seconds. */
export interface AccessTokenClaims {
  iss: string;
  sub: string;
  aud: string | string[];
  client_id: string;
  iat: number;
  exp: number;
  jti: string;
  /** A list where the resource wants one. */
  scope?: string | string[] | undefined;
  auth_time?: number | undefined;
  acr?: string | undefined;
  cnf?: Confirmation | undefined;
  authorization_details?: unknown;
  act?: unknown;
}

/** The key without which a token is good for nothing (RFC 7800 3.1, RFC 9449 6.1, RFC 8705 3.1). */
export type Confirmation = { jkt?: string; 'x5t#S256'?: string };

/** Claims of an ID token (OpenID Connect Core 2); times are epoch seconds. */
export interface IdTokenClaims {
  iss: string;
  sub: string;
  aud: string;
  iat: number;
  exp: number;
  auth_time?: number | undefined;
  nonce?: string | undefined;
  acr?: string | undefined;
  amr?: string[] | undefined;
  sid?: string | undefined;
}

/** The `typ` of access tokens; `JWT` is for resource servers that know no other. */
export type AccessTokenType = (typeof accessTokenTypes)[number];

/** Claims beside the registered ones, which they can't replace. */
export type ExtraClaims = Readonly<Record<string, Json | undefined>>;

export type VerificationKeys = ReadonlyMap<string, TokenKey>;

/** Every `typ` that access tokens may have here. */
export const accessTokenTypes = ['at+jwt', 'JWT'] as const;
const accessTokenClaims = ['sub', 'aud', 'client_id', 'iat', 'exp', 'jti'];

/** Signs an access token; its `typ` keeps it from passing for an ID token (RFC 9068 2.1), or else its client_id. */
export function signAccessToken(
  claims: AccessTokenClaims,
  key: TokenKey,
  extra: ExtraClaims = {},
  typ: AccessTokenType = 'at+jwt',
): Promise<string> {
  return signJwt(typ, { ...extra, ...claims, nbf: claims.iat }, key);
}

/** Signs an ID token, with the at_hash of the access token that is issued beside it, if any. */
export function signIdToken(
  claims: IdTokenClaims,
  key: TokenKey,
  accessToken?: string,
  extra: ExtraClaims = {},
): Promise<string> {
  const at_hash = accessToken === undefined ? undefined : accessTokenHash(accessToken, key);
  return signJwt('JWT', { ...extra, ...claims, nbf: claims.iat, at_hash }, key);
}

/**
 * Signs claims for a client (OpenID Connect Core 5.3.2). Without exp and iat it passes for no ID token,
 * and by its `typ` for no access token.
 */
export function signUserinfo(
  claims: ExtraClaims,
  { iss, aud }: { iss: string; aud: string },
  key: TokenKey,
): Promise<string> {
  return signJwt('JWT', { ...claims, iss, aud }, key);
}

/** Signs the parameters of an authorization response for a client (JARM 2.1); `exp` is epoch seconds. Without sub it passes for no ID token. */
export function signAuthorizationResponse(
  parameters: PlainParameters,
  { aud, exp }: { aud: string; exp: number },
  key: TokenKey,
): Promise<string> {
  return signJwt('JWT', { ...parameters, aud, exp }, key);
}

/** Signs what introspection says to a resource server (RFC 9701 5); its `typ` keeps it from passing for a token. */
export function signIntrospection(
  token_introspection: object,
  claims: { iss: string; aud: string; iat: number },
  key: TokenKey,
): Promise<string> {
  return signJwt('token-introspection+jwt', { ...claims, token_introspection }, key);
}

/** Claims of a logout token (OpenID Connect Back-Channel Logout 2.4). */
export interface LogoutTokenClaims {
  iss: string;
  sub: string;
  aud: string;
  sid: string;
}

/** For so long a logout token is good, in seconds (2.4: two minutes at most). */
const logoutTokenLifetime = 120;

/** Signs a logout token; it has no nonce, and its `typ` keeps it from passing for an ID token. */
export function signLogoutToken(claims: LogoutTokenClaims, key: TokenKey): Promise<string> {
  const iat = Math.floor(Date.now() / 1000);
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const times = { iat, exp: iat + logoutTokenLifetime, jti: randomUUID() };
  return signJwt('logout+jwt', { ...claims, ...times, events }, key);
}

/** Verifies an access token of this issuer; throws invalid_token. Revocation is not seen here. */
export async function verifyAccessToken(
  token: string,
  keys: VerificationKeys,
  issuer: string,
  types: readonly AccessTokenType[] = ['at+jwt'],
): Promise<AccessTokenClaims & ExtraClaims> {
  try {
    const verified = await jwtVerify<AccessTokenClaims & ExtraClaims>(token, keyOf(keys), {
      algorithms: [...signingAlgs],
      issuer,
      // No ID token has client_id and jti, whatever claims were asked for.
      requiredClaims: accessTokenClaims,
    });
    const { typ } = verified.protectedHeader;
    if (!types.some((type) => type === typ)) throw new errors.JWTInvalid('unexpected typ');
    return verified.payload;
  } catch (failure) {
    throw refusal('invalid_token', 'access token', failure);
  }
}

/** Verifies an id_token_hint of this issuer, expired or not; throws invalid_request. */
export async function verifyIdTokenHint(
  hint: string,
  keys: VerificationKeys,
  issuer: string,
): Promise<IdTokenClaims & ExtraClaims> {
  try {
    const { payload, protectedHeader } = await compactVerify(hint, keyOf(keys), {
      algorithms: [...signingAlgs],
    });
    const claims = JSON.parse(Buffer.from(payload).toString());
    if (
      protectedHeader.typ !== 'JWT' ||
      typeof claims?.exp !== 'number' ||
      typeof claims.sub !== 'string' ||
      claims.client_id !== undefined
    ) {
      throw new errors.JWTInvalid('it is not an ID token');
    }
    if (claims.iss !== issuer) throw new errors.JWTInvalid('it is of another issuer');
    return claims;
  } catch (failure) {
    throw refusal('invalid_request', 'id_token_hint', failure);
  }
}

/** The left half of the hash that the algorithm uses (OpenID Connect Core 3.1.3.6): of Ed25519 SHA-512 (RFC 8032 5.1). */
function accessTokenHash(accessToken: string, { alg }: TokenKey): string {
  const digest = hash(/^Ed/.test(alg) ? 'sha512' : 'sha256', accessToken, 'buffer');
  return digest.subarray(0, digest.length / 2).toString('base64url');
}

function keyOf(keys: VerificationKeys) {
  return ({ kid, alg }: Partial<JWTHeaderParameters>) => {
    const found = kid === undefined ? undefined : keys.get(kid);
    if (found === undefined) throw new errors.JWKSNoMatchingKey('no key has its kid');
    if (found.alg !== alg) throw new errors.JOSEAlgNotAllowed('its alg is not that of its key');
    return found.key;
  };
}

function refusal(error: 'invalid_token' | 'invalid_request', what: string, failure: unknown) {
  if (failure instanceof errors.JOSEError || failure instanceof SyntaxError) {
    return new OAuthError(error, `${what}: ${failure.message}`);
  }
  return failure;
}
