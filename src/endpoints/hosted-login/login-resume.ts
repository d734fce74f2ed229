// The browser comes back from the host product's own login page.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { browserHashes } from '../../http/browser-cookie.ts';
import { caller } from '../../http/ctx.ts';
import { csrfToken, presentedSession, startSession, userAgent } from '../../http/session.ts';
import { requireReadable } from '../../protocol/params.ts';
import { assembleToken, newSecret, secretHash } from '../../protocol/secrets.ts';
import { respond } from '../authorization/send-response.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';

/** Starts the session that the product vouched for and goes on, or tells the client access_denied. */
export function resumeLogin(services: EndpointServices): Endpoint {
  const { database } = services;
  return async (ctx) => {
    const { values } = requireReadable(parameters(ctx), ['login_verifier']);
    const { session_hash, session_expires_at } = presentedSession(ctx);
    const [handle, session] = [newSecret(), newSecret()];
    const row = await call(database, api.login_resume, {
      ...caller(ctx),
      verifier_hash: secretHash(values.login_verifier ?? ''),
      browser_hashes: browserHashes(ctx),
      next_request_hash: handle.hash,
      session_hash: session.hash,
      csrf_hash: secretHash(csrfToken(session.secret)),
      user_agent: userAgent(ctx),
      old_session_hash: session_hash,
      old_session_expires_at: session_expires_at,
    });
    if (row.next === 'respond') return respond(services, ctx, row, '');
    if (row.next !== 'continue') throw new TypeError(`login_resume goes on with ${row.next}`);
    if (row.session_expires_at !== null) {
      startSession(ctx, session.secret, row.session_expires_at);
    }
    const query = new URLSearchParams({
      request: assembleToken('request', row.request_expires_at, handle.secret),
    });
    ctx.status = 303;
    ctx.set('Location', `${ctx.state.tenant.path}/oauth/continue?${query}`);
  };
}
