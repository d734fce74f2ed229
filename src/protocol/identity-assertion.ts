// draft-ietf-oauth-identity-assertion-authz-grant (ID-JAG) 3: identity assertions, as they are signed and read.
import { randomUUID } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from 'jose';
import { inFuture, signatureFault } from './client-assertion.ts';
import type { ClientAlg } from './jwk-set.ts';
import type { TokenKey } from './keys.ts';
import { secretHash } from './secrets.ts';

/** The token type of RFC 8693 3 that an identity assertion is. */
export const identityAssertionTokenType = 'urn:ietf:params:oauth:token-type:id-jag';

/** The typ by which nothing else passes for one (RFC 8725 3.11). */
const typ = 'oauth-id-jag+jwt';

/** Claims of an identity assertion; times are epoch seconds. */
export type IdentityAssertionClaims = {
  iss: string;
  sub: string;
  aud: string;
  /** The client at the server that takes it. */
  client_id: string;
  iat: number;
  exp: number;
  scope: string;
  resource?: string | string[] | undefined;
  auth_time?: number | undefined;
  acr?: string | undefined;
  amr?: string[] | undefined;
  cnf?: { jkt: string } | undefined;
};

/** Signs an identity assertion. */
export function signIdentityAssertion(
  claims: IdentityAssertionClaims,
  { kid, alg, key }: TokenKey,
): Promise<string> {
  return new SignJWT({ ...claims, jti: randomUUID() })
    .setProtectedHeader({ alg, typ, kid })
    .sign(key);
}

/** What SQL decides on; `fault` is what is wrong with it, for the client's developers. */
export type IdentityAssertionFacts = {
  /** By what it is signed. */
  alg?: ClientAlg;
  issuer?: string;
  subject?: string;
  audience?: string;
  /** The tenant of the audience, by a name that it has there. */
  audience_tenant?: string;
  client_id?: string;
  exp?: number;
  /** SHA-256, hex. */
  jti_hash?: string;
  scope?: string;
  resources?: string[];
  auth_time?: number;
  jkt?: string;
  /** Of the key of its issuer that made the signature. */
  thumbprint?: string;
  fault?: string;
};

/** An identity assertion before its signature is verified. */
export type ReadIdentityAssertion = {
  issuer: string;
  alg: ClientAlg;
  kid: string | undefined;
  facts: IdentityAssertionFacts;
};

/** Whether a JWT says that it is an identity assertion, and of whom it says that it is. */
export function claimedIssuer(jwt: string | undefined): { typed: boolean; iss: unknown } {
  try {
    const { typ: type } = decodeProtectedHeader(jwt ?? '');
    return { typed: type === typ, iss: decodeJwt(jwt ?? '').iss };
  } catch {
    return { typed: false, iss: undefined };
  }
}

/** Reads an identity assertion; gives only why where its signature cannot be verified. */
export function readIdentityAssertion(jwt: string): ReadIdentityAssertion | { fault: string } {
  try {
    const header = decodeProtectedHeader(jwt);
    const claims = decodeJwt(jwt);
    const unverifiable = signatureFault(header, [typ]);
    if (unverifiable !== undefined) return { fault: unverifiable };
    if (!isText(claims.iss)) return { fault: 'it has no iss' };
    const fault = claimsFault(claims);
    return {
      issuer: claims.iss,
      alg: header.alg as ClientAlg,
      kid: header.kid,
      facts: fault === undefined ? factsOf(claims) : { issuer: claims.iss, fault },
    };
  } catch {
    return { fault: 'it is no JWT' };
  }
}

function factsOf(claims: JWTPayload): IdentityAssertionFacts {
  const { iss, sub, client_id, exp, jti, scope, resource, auth_time, cnf, aud_tenant } = claims;
  const [aud] = [claims.aud].flat();
  return {
    issuer: String(iss),
    subject: String(sub),
    audience: String(aud),
    ...(aud_tenant !== undefined && { audience_tenant: String(aud_tenant) }),
    client_id: String(client_id),
    exp: Math.floor(Number(exp)),
    jti_hash: secretHash(String(jti)).toString('hex'),
    resources: resource === undefined ? [] : [resource].flat().map(String),
    ...(scope !== undefined && { scope: String(scope) }),
    ...(isMoment(auth_time) && { auth_time: Math.floor(auth_time) }),
    ...(cnf !== undefined && { jkt: (cnf as { jkt: string }).jkt }),
  };
}

function claimsFault(claims: JWTPayload): string | undefined {
  const { sub, exp, iat, nbf, jti, client_id, scope, resource, cnf, auth_time } = claims;
  const now = Date.now() / 1000;
  if (!isText(sub) || sub.length > 255) return 'it has no sub';
  if ([claims.aud].flat().length !== 1) return 'aud is not the issuer alone';
  if (claims.aud_tenant !== undefined && !isText(claims.aud_tenant)) return 'aud_tenant is no text';
  // Its sub is one person's with the tenant alone (3.1), and nothing here says which of them is trusted.
  if (claims.tenant !== undefined) return 'sub is that of a tenant of its issuer';
  // They limit what it is good for (3.1), in words that mean nothing here.
  if (claims.authorization_details !== undefined) return 'it has authorization_details';
  // Who acts for the person would not be in the token (RFC 8693 4.1): it would pass for the person's own client.
  if (claims.act !== undefined) return 'it has act';
  if (!isText(client_id)) return 'it has no client_id';
  if (!isText(jti)) return 'it has no jti';
  if (!isMoment(exp)) return 'it has no exp';
  if (!isMoment(iat)) return 'it has no iat';
  if (inFuture(iat, now)) return 'iat is in the future';
  if (inFuture(nbf, now)) return 'nbf is in the future';
  // The token would pass for that of a sign-in that is newer than any other (RFC 9470 5).
  if (isMoment(auth_time) && inFuture(auth_time, now)) return 'auth_time is in the future';
  if (
    scope !== undefined &&
    !(isText(scope) && /^[\x21\x23-\x5B\x5D-\x7E]+( [\x21\x23-\x5B\x5D-\x7E]+)*$/.test(scope))
  )
    return 'scope is no list of scopes';
  const resources = resource === undefined ? [] : [resource].flat();
  if (
    resources.length > 20 ||
    !resources.every((uri) => isText(uri) && URL.canParse(uri) && !/[\s#]/.test(uri))
  )
    return 'resource is no URI';
  // A key that is named otherwise could not be compared, and binds all the same (RFC 7800 3).
  if (cnf !== undefined && !isThumbprint(cnf)) return 'cnf is not by jkt alone';
  return undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && /^[^\p{Cc}\p{Cs}]{1,4096}$/u.test(value);
}

function isMoment(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) < 1e11;
}

function isThumbprint(cnf: unknown): cnf is { jkt: string } {
  const { jkt, ...others } = Object(cnf);
  return typeof jkt === 'string' && /^[\w-]{43}$/.test(jkt) && Object.keys(others).length === 0;
}
