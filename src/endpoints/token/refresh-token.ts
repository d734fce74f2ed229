// RFC 6749 6, RFC 9700 4.14.2: refresh_token.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { malformed } from '../../protocol/errors.ts';
import { newSuccessorSalt, successorOf } from '../../protocol/refresh.ts';
import { parseScope } from '../../protocol/scope.ts';
import { newSecret, parseRefreshToken } from '../../protocol/secrets.ts';
import { type Grant, tokenResponse } from './token-grant.ts';

/** Rotates a refresh token; whoever lost the answer gets the same successor again. */
export const refreshGrant: Grant = async (request) => {
  const { refresh_token, scope } = request.values;
  if (refresh_token === undefined) throw malformed('no refresh_token');
  const scopes = parseScope(scope);
  const old = parseRefreshToken(refresh_token);
  const access = newSecret();
  const salt = newSuccessorSalt();
  const successor = old && successorOf(old, salt);
  const row = await call(request.database, api.refresh_rotate, {
    ...request.identity,
    possession: request.possession,
    handle_hash: old?.handle_hash ?? null,
    refresh_hash: old?.secret_hash ?? null,
    scope: scopes.length === 0 ? null : scopes.join(' '),
    access_hash: access.hash,
    resource: request.resources.join(' '),
    authorization_details: request.details,
    successor_hash: successor?.secret_hash ?? null,
    successor_salt: salt,
  });
  const given = row.successor_salt && old ? successorOf(old, row.successor_salt) : successor;
  return tokenResponse(request, row, access.secret, given?.token);
};
