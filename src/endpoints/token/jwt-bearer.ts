// RFC 7523 2.1: urn:ietf:params:oauth:grant-type:jwt-bearer, for a client's own registered key.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parseScope } from '../../protocol/scope.ts';
import { newSecret } from '../../protocol/secrets.ts';
import { type Grant, tokenResponse } from './token-grant.ts';

/** Issues an access token to the client that signed the assertion. */
export const jwtBearerGrant: Grant = async (request) => {
  const scopes = parseScope(request.values.scope);
  const access = newSecret();
  const row = await call(request.database, api.jwt_bearer_issue, {
    ...request.identity,
    possession: request.possession,
    scope: scopes.length === 0 ? null : scopes.join(' '),
    access_hash: access.hash,
    resource: request.resources.join(' '),
    authorization_details: request.details,
  });
  return tokenResponse(request, row, access.secret);
};
