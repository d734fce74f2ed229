// RFC 6749 4.4: client_credentials.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parseScope } from '../../protocol/scope.ts';
import { newSecret } from '../../protocol/secrets.ts';
import { type Grant, tokenResponse } from './token-grant.ts';

/** Issues an access token to the client itself. */
export const clientCredentialsGrant: Grant = async (request) => {
  const scopes = parseScope(request.values.scope);
  const access = newSecret();
  const row = await call(request.database, api.client_credentials_issue, {
    ...request.identity,
    possession: request.possession,
    scope: scopes.length === 0 ? null : scopes.join(' '),
    access_hash: access.hash,
    resource: request.resources.join(' '),
    authorization_details: request.details,
  });
  return tokenResponse(request, row, access.secret);
};
