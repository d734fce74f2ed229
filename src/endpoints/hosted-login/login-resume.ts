// The browser comes back from the host product's own login page.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { browserHashes } from '../../http/browser-cookie.ts';
import { caller } from '../../http/ctx.ts';
import { csrfToken, presentedSession, startSession } from '../../http/session.ts';
import { requireReadable } from '../../protocol/params.ts';
import { assembleToken, newSecret, secretHash } from '../../protocol/secrets.ts';
import { respond } from '../authorization/send-response.ts';
import type { Endpoint, Services } from '../endpoint.ts';

/** Starts the session that the product vouched for and goes on, or tells the client access_denied. */
export function resumeLogin({ database }: Services): Endpoint {
  return async (exchange) => {
    const { values } = requireReadable(parameters(exchange), ['login_verifier']);
    const { session_hash, session_expires_at } = presentedSession(exchange);
    const [handle, session] = [newSecret(), newSecret()];
    const row = await call(database, api.login_resume, {
      ...caller(exchange),
      verifier_hash: secretHash(values.login_verifier ?? ''),
      browser_hashes: browserHashes(exchange),
      next_request_hash: handle.hash,
      session_hash: session.hash,
      csrf_hash: secretHash(csrfToken(session.secret)),
      old_session_hash: session_hash,
      old_session_expires_at: session_expires_at,
    });
    if (row.next === 'respond') return respond(exchange, row, '');
    if (row.next !== 'continue') throw new TypeError(`login_resume goes on with ${row.next}`);
    if (row.session_expires_at !== null) {
      startSession(exchange, session.secret, row.session_expires_at);
    }
    const query = new URLSearchParams({
      request: assembleToken('request', row.request_expires_at, handle.secret),
    });
    exchange.status = 303;
    exchange.set('Location', `${exchange.state.tenant.path}/oauth/continue?${query}`);
  };
}
