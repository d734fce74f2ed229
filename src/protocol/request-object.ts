// RFC 9101, OpenID Connect Core 6: authorization requests that their client has signed.
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import { inFuture, signatureFault } from './client-assertion.ts';
import type { ErrorCode } from './errors.ts';
import type { ClientAlg } from './jwk-set.ts';
import type { RawParameters } from './params.ts';

/** What SQL decides on; `fault` is what is wrong with it, for the client's developers. */
export type RequestObjectFacts = { fault: string; error?: ErrorCode } | SignedFacts;

type SignedFacts = {
  alg: ClientAlg;
  exp?: number;
  nbf?: number;
  /** Of the client's key that made the signature. */
  thumbprint: string;
  fault?: string;
};

/** A request object before its signature is verified. */
export type ReadRequestObject = {
  jwt: string;
  alg: ClientAlg;
  kid: string | undefined;
  /** Why its signature cannot be verified. */
  unverifiable: string | undefined;
  facts: Omit<SignedFacts, 'thumbprint'>;
  /** The request that it makes. */
  parameters: RawParameters;
};

/** RFC 9101 10.8: a JWT that was made for something else says so. */
const types = ['jwt', 'oauth-authz-req+jwt'];

/** Claims of the JWT itself (RFC 7519 4.1). */
const ofJwt = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'];

/** What a request says beside its request object: only who asks counts (RFC 9101 5), and what OpenID Connect Core 6.1 compares. */
type Beside = { client_id: string; response_type: unknown };

/** Reads a request object; undefined for what is no signed JWT. */
export function readRequestObject(
  jwt: string,
  beside: Beside,
  issuer: string,
): ReadRequestObject | undefined {
  const decoded = decode(jwt);
  if (decoded === undefined) return undefined;
  const { header, claims } = decoded;
  const { alg, kid } = header;
  const fault = claimsFault(claims, beside, issuer);
  return {
    jwt,
    alg: alg as ClientAlg,
    kid: typeof kid === 'string' ? kid : undefined,
    unverifiable: signatureFault(header, types),
    facts: {
      ...(fault !== undefined && { fault }),
      alg: alg as ClientAlg,
      ...momentOf('exp', claims.exp),
      ...momentOf('nbf', claims.nbf),
    },
    parameters: { ...parametersOf(claims), client_id: beside.client_id },
  };
}

function decode(jwt: string) {
  try {
    return { header: decodeProtectedHeader(jwt), claims: decodeJwt(jwt) };
  } catch {
    return undefined;
  }
}

function momentOf(name: 'exp' | 'nbf', value: unknown) {
  return isMoment(value) ? { [name]: Math.floor(value) } : {};
}

function isMoment(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) < 1e11;
}

function claimsFault(
  { iss, sub, aud, exp, nbf, iat, ...claims }: JWTPayload,
  { client_id, response_type }: Beside,
  issuer: string,
): string | undefined {
  const now = Date.now() / 1000;
  if (iss !== client_id) return 'iss is not the client_id';
  if (claims.client_id !== undefined && claims.client_id !== client_id)
    return 'client_id is another inside';
  // RFC 9101 10.8: else it could be passed off as an assertion by which the client authenticates.
  if (sub === client_id) return 'sub is the client_id';
  if (![aud].flat().includes(issuer)) return 'aud is not the issuer';
  if (exp !== undefined && !isMoment(exp)) return 'exp is no moment';
  if (inFuture(nbf, now)) return 'nbf is in the future';
  if (inFuture(iat, now)) return 'iat is in the future';
  const nested = ['request', 'request_uri'].find((name) => name in claims);
  if (nested !== undefined) return `it carries ${nested}`;
  if (response_type !== undefined && response_type !== claims.response_type)
    return 'response_type is another inside';
  return undefined;
}

/** Parameters whose values are JSON, which a request object has as they are (OpenID Connect Core 6.1, RFC 9396 3). */
const ofJson = ['claims', 'authorization_details'];

/** The parameters that claims stand for (RFC 9101 4): numbers are numbers, and JSON is JSON. */
function parametersOf(claims: JWTPayload): RawParameters {
  const asked = Object.entries(claims).filter(([name]) => !ofJwt.includes(name));
  return Object.fromEntries(
    asked.map(([name, value]) => {
      if (ofJson.includes(name) && typeof value === 'object') return [name, JSON.stringify(value)];
      return [name, typeof value === 'number' ? String(value) : value];
    }),
  );
}
