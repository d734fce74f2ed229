// What the signed-in person allowed: seen and revoked by the person.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parametersOrJson } from '../../http/body.ts';
import { caller, type Exchange } from '../../http/ctx.ts';
import { render } from '../../http/render.ts';
import { presentedCsrfToken, presentedSession } from '../../http/session.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { requireReadable } from '../../protocol/params.ts';
import { secretHash } from '../../protocol/secrets.ts';
import type { Endpoint, Services } from '../endpoint.ts';

/** Lists the grants, as a page or as JSON with the token that a revocation needs. */
export function listConsents({ database }: Services): Endpoint {
  return async (exchange) => {
    const row = await asSignedIn(() =>
      call(database, api.consent_list, { ...caller(exchange), ...presentedSession(exchange) }),
    );
    const { consents, username, upstreams } = row;
    const csrf = presentedCsrfToken(exchange);
    exchange.set('Cache-Control', 'no-store');
    exchange.set('Vary', 'Accept, Cookie');
    if (wantsJson(exchange)) exchange.body = { consents, csrf };
    else {
      const title = 'Your applications';
      render(exchange, 'consents', { title, username, consents, upstreams, csrf });
    }
  };
}

/** Revokes one grant of the person, with every token that hangs on it. */
export function revokeConsent({ database }: Services): Endpoint {
  return async (exchange) => {
    const { values } = requireReadable(parametersOrJson(exchange), ['grant_id', 'csrf']);
    await asSignedIn(() =>
      call(database, api.consent_revoke, {
        ...caller(exchange),
        ...presentedSession(exchange),
        csrf_hash: values.csrf === undefined ? null : secretHash(values.csrf),
        grant_id: values.grant_id ?? null,
      }),
    );
    exchange.set('Cache-Control', 'no-store');
    if (wantsJson(exchange)) {
      exchange.body = { revoked: values.grant_id };
      return;
    }
    exchange.status = 303;
    exchange.set('Location', `${exchange.state.tenant.path}/oauth/consents`);
  };
}

function wantsJson(exchange: Exchange): boolean {
  return exchange.accepts('json', 'html') === 'json';
}

/** Nobody signed in is 401 here: there is no authorization request to send anybody back to. */
async function asSignedIn<Row>(work: () => Promise<Row>): Promise<Row> {
  try {
    return await work();
  } catch (failure) {
    const { error, reason } = failure as { error?: string; reason?: string };
    if (error !== 'login_required') throw failure;
    throw new OAuthError('login_required', reason ?? '', { status: 401 });
  }
}
