// RFC 7521 4.2, RFC 7523 2.2 and 3, RFC 10070: private_key_jwt.
import { compactVerify, decodeJwt, decodeProtectedHeader, errors, type JWTPayload } from 'jose';
import { OAuthError } from './errors.ts';
import { type ClientAlg, type ClientKey, candidates } from './jwk-set.ts';
import { clientAlgs } from './lists.ts';
import { secretHash } from './secrets.ts';

/** The value of client_assertion_type. */
export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** What SQL decides on. */
export type AssertionFacts = { fault: string } | SignedFacts;

type SignedFacts = {
  alg: ClientAlg;
  audience: 'issuer' | 'token_endpoint';
  /** Of one whose aud is a list of one (RFC 7519 4.1.3), which FAPI 2.0 forbids. */
  audience_list?: true;
  exp: number;
  /** SHA-256, hex; null where it has no jti. */
  jti_hash: string | null;
  /** Of a grant, where another than its issuer gets the token. */
  subject?: string;
  /** Of the client's key that made the signature. */
  thumbprint: string;
  /** What is wrong with what it says. */
  fault?: string;
};

/** An assertion before its signature is verified. */
export type ReadAssertion = {
  assertion: string;
  client_id: string;
  alg: ClientAlg;
  kid: string | undefined;
  /** Why its signature cannot be verified. */
  unverifiable: string | undefined;
  facts: Omit<SignedFacts, 'thumbprint'>;
};

/** What clocks may differ by, in seconds; SQL allows the same. */
const leeway = 30;

/** RFC 8725 3.11: a JWT that was made for something else says so. */
const types = ['jwt', 'client-authentication+jwt'];

/**
 * Reads an assertion that came with `client_id`, where that was sent. Throws invalid_client where it names no client.
 * One that is a grant (RFC 7523 2.1) needs no jti, and may have another subject than the client that signs, its issuer;
 * whether that is good is for SQL to say.
 */
export function readAssertion(
  assertion: string,
  clientId: string | undefined,
  { issuer, token_endpoint }: { issuer: string; token_endpoint: string },
  isGrant = false,
): ReadAssertion {
  const error = isGrant ? 'invalid_grant' : 'invalid_client';
  const { header, claims } = decode(assertion, error);
  const { iss, sub, exp, jti } = claims;
  const [aud, ...others] = [claims.aud].flat();
  const single = others.length === 0 && (aud === issuer || aud === token_endpoint);
  const signer = isGrant ? iss : sub;
  if (!isClientId(signer)) {
    throw new OAuthError(error, `the client assertion has no ${isGrant ? 'iss' : 'sub'}`);
  }
  const kid = typeof header.kid === 'string' ? header.kid : undefined;
  const fault =
    (clientId !== undefined && clientId !== signer
      ? `client_id is another than ${isGrant ? 'iss' : 'sub'}`
      : undefined) ??
    (single ? undefined : 'aud is not the issuer alone') ??
    claimsFault(claims, isGrant);
  return {
    assertion,
    client_id: signer,
    alg: header.alg as ClientAlg,
    kid,
    unverifiable: signatureFault(header, isGrant ? ['jwt'] : types),
    facts: {
      ...(fault !== undefined && { fault: `assertion: ${fault}` }),
      alg: header.alg as ClientAlg,
      // Whether the client may name that one is for SQL to say.
      audience: aud === issuer ? 'issuer' : 'token_endpoint',
      ...(Array.isArray(claims.aud) && { audience_list: true as const }),
      exp: typeof exp === 'number' && Math.abs(exp) < 1e11 ? Math.floor(exp) : 0,
      jti_hash: typeof jti === 'string' ? secretHash(jti).toString('hex') : null,
      ...(isClientId(sub) && sub !== signer && { subject: sub }),
    },
  };
}

function isClientId(name: unknown): name is string {
  return typeof name === 'string' && /^[\x20-\x7E]{1,2048}$/.test(name);
}

/** The key that made the signature; undefined for none of these. */
export async function signingKey(
  jwt: string,
  { alg, kid }: Pick<ReadAssertion, 'alg' | 'kid'>,
  keys: readonly ClientKey[],
): Promise<ClientKey | undefined> {
  for (const candidate of candidates(keys, { alg, kid })) {
    try {
      await compactVerify(jwt, candidate.key, { algorithms: [alg] });
      return candidate;
    } catch (failure) {
      if (!(failure instanceof errors.JOSEError)) throw failure;
    }
  }
  return undefined;
}

function decode(assertion: string, error: 'invalid_grant' | 'invalid_client') {
  try {
    return { header: decodeProtectedHeader(assertion), claims: decodeJwt(assertion) };
  } catch {
    throw new OAuthError(error, 'the client assertion is no JWT');
  }
}

/** Why the signature of a client cannot be verified; the last of the types is the one that says what it is for. */
export function signatureFault(
  { alg, kid, typ = 'JWT', crit }: ReturnType<typeof decodeProtectedHeader>,
  types: readonly string[],
): string | undefined {
  if (!clientAlgs.includes(alg as ClientAlg)) return 'alg is not supported';
  if (kid !== undefined && typeof kid !== 'string') return 'kid is no text';
  // Nothing that is read of a stranger's JWT is of the type that it should be.
  const type = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : '';
  if (!types.includes(type)) return `typ is another than ${types.at(-1)}`;
  return crit === undefined ? undefined : 'crit is not supported';
}

function claimsFault(
  { iss, sub, exp, nbf, iat, jti }: JWTPayload,
  isGrant: boolean,
): string | undefined {
  const now = Date.now() / 1000;
  if (isGrant ? !isClientId(sub) : iss !== sub)
    return isGrant ? 'no sub' : 'iss is another than sub';
  if (!isGrant && !jti) return 'no jti';
  if (jti !== undefined && typeof jti !== 'string') return 'jti is no text';
  const unread = Object.entries({ exp, nbf, iat }).find(
    ([, moment]) => moment !== undefined && !isMoment(moment),
  );
  if (unread) return `${unread[0]} is no number of seconds since 1970`;
  if (exp === undefined || exp <= now - leeway) return 'no exp, or in the past';
  if (inFuture(nbf, now)) return 'nbf is in the future';
  if (inFuture(iat, now)) return 'iat is in the future';
  return undefined;
}

/** RFC 7519 2: NumericDate, as far as a moment is meant. */
const isMoment = (moment: unknown) => typeof moment === 'number' && Math.abs(moment) <= 1e11;

/** Whether a claim is no moment, or one to come. */
export function inFuture(moment: unknown, now: number): boolean {
  return moment !== undefined && !(typeof moment === 'number' && moment <= now + leeway);
}
