// Tokens that come back: which kind it is, and what the database has to look up.
import { OAuthError } from '../../protocol/errors.ts';
import { parseRefreshToken, parseToken } from '../../protocol/secrets.ts';
import {
  accessTokenTypes,
  type VerificationKeys,
  verifyAccessToken,
} from '../../protocol/tokens.ts';

/** The arguments of pgrant_api that name an access token of either format; nulls for none of ours. */
export async function accessTokenArguments(token: string, keys: VerificationKeys, issuer: string) {
  const opaque = parseToken('access_token', token);
  const jwt = opaque ? null : await claimsOf(token, keys, issuer);
  return {
    access_hash: opaque?.hash ?? null,
    access_expires_at: opaque?.expires_at ?? null,
    jwt,
  };
}

/** The same for a token that may be a refresh token, whatever token_type_hint says (RFC 7009 2.1). */
export async function tokenArguments(token: string, keys: VerificationKeys, issuer: string) {
  const refresh = parseRefreshToken(token);
  const access = refresh
    ? { access_hash: null, access_expires_at: null, jwt: null }
    : await accessTokenArguments(token, keys, issuer);
  return {
    ...access,
    handle_hash: refresh?.handle_hash ?? null,
    refresh_hash: refresh?.secret_hash ?? null,
  };
}

async function claimsOf(token: string, keys: VerificationKeys, issuer: string) {
  try {
    const claims = await verifyAccessToken(token, keys, issuer, accessTokenTypes);
    const { iss, jti, client_id, family_id, scope, iat, exp, cnf } = claims;
    const { authorization_details, act, may_act, family_client_id, exchanged_by } = claims;
    const scopes = Array.isArray(scope) ? scope.join(' ') : scope;
    const aud = [claims.aud].flat();
    const named = { iss, jti, client_id, family_id, scope: scopes, aud };
    const way = { act, may_act, family_client_id, exchanged_by };
    return { ...named, iat, exp, cnf, authorization_details, ...way };
  } catch (failure) {
    if (failure instanceof OAuthError) return null;
    throw failure;
  }
}
