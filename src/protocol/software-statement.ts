// RFC 7591 2.3: metadata that somebody else vouches for.
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JSONWebKeySet,
  jwtVerify,
} from 'jose';
import { signatureFault } from './client-assertion.ts';
import { OAuthError } from './errors.ts';
import { jsonFault } from './json.ts';
import { clientAlgs } from './lists.ts';

const lengthLimit = 16_384;

/** Claims of the statement itself, which are no metadata (RFC 7519 4.1). */
const jwtClaims = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'];

/** RFC 8725 3.11: what its issuer has signed for something else says so. */
const types = ['jwt'];

/**
 * The metadata that a statement vouches for. `issuers` has the keys of those that are believed; one that says for whom it is
 * (RFC 7519 4.1.3) has to name one of the audiences.
 * Throws unapproved_software_statement for any other issuer, invalid_software_statement for one that does not verify.
 */
export async function readSoftwareStatement(
  statement: unknown,
  issuers: Readonly<Record<string, unknown>>,
  audiences: readonly string[],
): Promise<Record<string, unknown>> {
  const issuer = issuerOf(statement);
  if (!Object.hasOwn(issuers, issuer)) {
    throw new OAuthError('unapproved_software_statement', 'issuer of the statement not trusted');
  }
  try {
    const unverifiable = signatureFault(decodeProtectedHeader(statement as string), types);
    if (unverifiable !== undefined) throw new Error(unverifiable);
    const keys = createLocalJWKSet(issuers[issuer] as JSONWebKeySet);
    const { payload } = await jwtVerify(statement as string, keys, {
      algorithms: [...clientAlgs],
      issuer,
    });
    if (payload.aud !== undefined && ![payload.aud].flat().some((aud) => audiences.includes(aud)))
      throw new Error('aud is another server');
    const fault = jsonFault(payload);
    if (fault !== undefined) throw new Error(fault);
    return Object.fromEntries(
      Object.entries(payload).filter(([name]) => !jwtClaims.includes(name)),
    );
  } catch (failure) {
    throw new OAuthError('invalid_software_statement', (failure as Error).message);
  }
}

function issuerOf(statement: unknown): string {
  if (typeof statement === 'string' && statement.length <= lengthLimit) {
    try {
      const { iss } = decodeJwt<{ iss: unknown }>(statement);
      if (typeof iss === 'string' && iss !== '') return iss;
    } catch {
      // Told below.
    }
  }
  throw new OAuthError('invalid_software_statement', 'the statement is no JWT with an iss');
}
