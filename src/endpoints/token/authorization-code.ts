// RFC 6749 4.1.3, RFC 7636 4.5: authorization_code.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { malformed } from '../../protocol/errors.ts';
import { challengeOf } from '../../protocol/pkce.ts';
import { newRefreshToken, newSecret, parseToken } from '../../protocol/secrets.ts';
import { type Grant, tokenResponse } from './token-grant.ts';

/** Redeems a code. */
export const codeGrant: Grant = async (request) => {
  const { code, redirect_uri, code_verifier } = request.values;
  if (code === undefined) throw malformed('no code');
  const parsed = parseToken('code', code);
  const access = newSecret();
  const refresh = newRefreshToken();
  const row = await call(request.database, api.code_redeem, {
    ...request.identity,
    possession: request.possession,
    code_hash: parsed?.hash ?? null,
    code_expires_at: parsed?.expires_at ?? null,
    redirect_uri: redirect_uri ?? null,
    code_challenge: code_verifier === undefined ? null : challengeOf(code_verifier),
    access_hash: access.hash,
    handle_hash: refresh.handle_hash,
    refresh_hash: refresh.secret_hash,
    resource: request.resources.join(' '),
    authorization_details: request.details,
  });
  return tokenResponse(request, row, access.secret, refresh.token);
};
