// RFC 7519, RFC 8725: what a host product signs when it answers a login challenge.
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import { OAuthError } from './errors.ts';
import { isJsonObject, jsonFault } from './json.ts';
import { secretHash } from './secrets.ts';

/** What an assertion is for: its `typ`, so that one does not pass for another (RFC 8725 3.11). */
export type LoginAssertionType = 'login-show+jwt' | 'login-accept+jwt' | 'login-reject+jwt';

/** Who signs for the product, for whom, and with which keys. */
export type LoginAssertionIssuer = { issuer: string; audience: string; jwks: JSONWebKeySet };

/** An assertion whose signature, iss, aud, iat, exp and jti are good; SQL sees that it is used once. */
export type LoginAssertion = {
  challenge_hash: Buffer;
  jti_hash: Buffer;
  jti_expires_at: number;
  claims: JWTPayload;
};

/** What an assertion says of the person who has signed in; null = nothing. */
export type LoginClaims = {
  subject: string;
  username: string | null;
  claims: Record<string, unknown> | null;
  roles: string[] | null;
  acr: string | null;
  amr: string[] | null;
  /** Epoch seconds, with or without fractions. */
  auth_time: number;
};

const algorithms = ['ES256', 'RS256', 'EdDSA'];
const lifetimeSeconds = 60;
const clockTolerance = 5;
const shaText = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** Verifies an assertion of the product; throws invalid_client, whatever is wrong with it. */
export async function verifyLoginAssertion(
  assertion: string,
  typ: LoginAssertionType,
  { issuer, audience, jwks }: LoginAssertionIssuer,
): Promise<LoginAssertion> {
  try {
    const { payload } = await jwtVerify(assertion, createLocalJWKSet(jwks), {
      algorithms,
      typ,
      issuer,
      audience,
      clockTolerance,
      maxTokenAge: lifetimeSeconds,
      requiredClaims: ['iat', 'exp', 'jti', 'login_challenge'],
    });
    const { iat = 0, exp = 0, jti = '', aud, login_challenge } = payload;
    // An assertion for several audiences could be carried on by any of them.
    if (aud !== audience) throw new errors.JWTInvalid('aud is not the issuer alone');
    if (exp - iat > lifetimeSeconds) throw new errors.JWTInvalid('it lives too long');
    if (typeof jti !== 'string' || jti.length < 16) throw new errors.JWTInvalid('jti is too short');
    if (typeof login_challenge !== 'string' || !shaText.test(login_challenge)) {
      throw new errors.JWTInvalid('login_challenge is not a SHA-256 in base64url');
    }
    return {
      challenge_hash: Buffer.from(login_challenge, 'base64url'),
      jti_hash: secretHash(jti),
      jti_expires_at: Math.ceil(exp),
      claims: payload,
    };
  } catch (failure) {
    // jose refuses a key that it cannot use, such as RSA below 2048 bits, by a TypeError.
    if (failure instanceof errors.JOSEError || failure instanceof TypeError) {
      throw new OAuthError('invalid_client', `login assertion: ${failure.message}`);
    }
    throw failure;
  }
}

/** Reads who has signed in; throws invalid_request naming the first claim that is not well-formed. */
export function readLoginClaims(claims: JWTPayload): LoginClaims {
  const { sub, username, claims: about, roles, acr, amr, auth_time } = claims;
  const wrong = Object.entries({
    sub: isText(sub),
    auth_time: typeof auth_time === 'number' && auth_time > 0 && auth_time < 1e11,
    username: absent(username) || isText(username),
    claims: absent(about) || isStorable(about),
    roles: absent(roles) || isTexts(roles),
    acr: absent(acr) || isText(acr),
    amr: absent(amr) || isTexts(amr),
  }).find(([, right]) => !right)?.[0];
  if (wrong !== undefined) {
    const detail = `${wrong} is missing or not well-formed`;
    throw new OAuthError('invalid_request', `login assertion: ${detail}`, { detail });
  }
  return {
    subject: sub ?? '',
    username: (username as string | undefined) ?? null,
    claims: (about as Record<string, unknown> | undefined) ?? null,
    roles: (roles as string[] | undefined) ?? null,
    acr: (acr as string | undefined) ?? null,
    amr: (amr as string[] | undefined) ?? null,
    auth_time: auth_time as number,
  };
}

/** Why the product rejects, for the audit; null where it does not say so in plain text. */
export function readRejectReason({ reason }: JWTPayload): string | null {
  return isText(reason) ? (reason as string) : null;
}

const absent = (value: unknown) => value === undefined;

/** No control characters: PostgreSQL stores no NUL, and people read these in the audit. */
const isText = (value: unknown) =>
  typeof value === 'string' && /^[^\p{Cc}\p{Cs}]{1,255}$/u.test(value);

const isStorable = (value: unknown) => isJsonObject(value) && jsonFault(value) === undefined;

const isTexts = (value: unknown) =>
  Array.isArray(value) && value.length <= 200 && value.every(isText);
