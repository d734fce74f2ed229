// RFC 6749 4.1.1, OpenID Connect Core 3.1.2.4: the person decides.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { caller } from '../../http/ctx.ts';
import { codeSecret, presentedSession } from '../../http/session.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { requireReadable } from '../../protocol/params.ts';
import { secretHash } from '../../protocol/secrets.ts';
import type { Endpoint, Services } from '../endpoint.ts';
import { presentedRequest } from './continue.ts';
import { respond } from './send-response.ts';

/** Takes the decision, and answers the client with a code or access_denied. */
export function consent({ database }: Services): Endpoint {
  return async (exchange) => {
    const { values } = requireReadable(parameters(exchange), ['request', 'decision', 'csrf']);
    const { request, decision, csrf } = values;
    if (decision !== 'allow' && decision !== 'deny') {
      throw new OAuthError('invalid_request', 'decision is neither allow nor deny');
    }
    const presented = presentedRequest(exchange, request);
    const code = codeSecret(exchange, presented.request_hash);
    const row = await call(database, api.consent_decide, {
      ...caller(exchange),
      ...presented,
      ...presentedSession(exchange),
      code_hash: code.hash,
      csrf_hash: csrf === undefined ? null : secretHash(csrf),
      allow: decision === 'allow',
    });
    if (row.next === 'respond') return respond(exchange, row, code.secret);
    const query = new URLSearchParams({ request: request ?? '' });
    exchange.status = 303;
    exchange.set('Location', `${exchange.state.tenant.path}/oauth/continue?${query}`);
  };
}
