// RFC 7009: revocation.
import { call } from '../db/call.ts';
import { api } from '../db/functions.ts';
import { parameters } from '../http/body.ts';
import { caller, type Endpoint, type Services } from '../http/exchange.ts';
import { clientCredentials } from '../protocol/client-auth.ts';
import { OAuthError } from '../protocol/errors.ts';
import { requireReadable } from '../protocol/params.ts';
import { tokenArguments } from './presented-token.ts';

const names = ['token', 'token_type_hint', 'client_id', 'client_secret'] as const;

/** Revokes a token of the calling client; 200 for a token that is not its own or unknown. */
export function revoke({ database, keyring }: Services): Endpoint {
  return async (exchange) => {
    const { values } = requireReadable(parameters(exchange), names);
    const client = clientCredentials(exchange.get('authorization') || undefined, values);
    if (values.token === undefined) throw new OAuthError('invalid_request', 'no token');
    const { verifying } = await keyring(exchange);
    await call(database, api.token_revoke, {
      ...caller(exchange),
      client_id: client.client_id,
      auth_method: client.method,
      secret_hash: client.method === 'none' ? null : client.secret_hash,
      ...(await tokenArguments(values.token, verifying, exchange.state.tenant.issuer)),
    });
    exchange.status = 200;
    exchange.set('Cache-Control', 'no-store');
    exchange.body = '';
  };
}
