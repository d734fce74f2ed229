// OpenID Connect Core 3.1.2.3 and 3.1.2.4: the pages of a stored authorization request.

import { type ApiAuthorization, api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { browserHash } from '../../http/browser-cookie.ts';
import { caller, type Exchange } from '../../http/ctx.ts';
import { render } from '../../http/render.ts';
import { codeSecret, presentedCsrfToken, presentedSession } from '../../http/session.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { requireReadable } from '../../protocol/params.ts';
import { redirectTarget } from '../../protocol/redirect-uri.ts';
import { newLastingSecret, parseToken } from '../../protocol/secrets.ts';
import type { Endpoint, Services } from '../endpoint.ts';
import { respond } from './send-response.ts';

/** Shows login or consent, whichever is due, or answers the client. */
export function continueRequest(services: Services): Endpoint {
  return async (exchange) => {
    const { request } = requireReadable(parameters(exchange), ['request']).values;
    await showRequest(services, exchange, request);
  };
}

/** The arguments that name a stored request of this browser; throws expired_request for none. */
export function presentedRequest(exchange: Exchange, handle: string | undefined) {
  const parsed = handle === undefined ? undefined : parseToken('request', handle);
  if (!parsed) throw new OAuthError('expired_request', 'no handle of an authorization request');
  return {
    request_hash: parsed.hash,
    request_expires_at: parsed.expires_at,
    browser_hash: browserHash(exchange, parsed.hash),
  };
}

/** Shows what comes next for a request; `trouble` is what the login page says of the last try. */
export async function showRequest(
  { database }: Services,
  exchange: Exchange,
  handle: string | undefined,
  trouble: {
    status?: number;
    error?: string;
    retry_after?: number | null;
    username?: string;
    upstream_title?: string | null;
  } = {},
): Promise<void> {
  const presented = presentedRequest(exchange, handle);
  const code = codeSecret(exchange, presented.request_hash);
  const challenge = newLastingSecret('login_challenge');
  const row = await call(database, api.authorization_continue, {
    ...caller(exchange),
    ...presented,
    ...presentedSession(exchange),
    code_hash: code.hash,
    next_challenge_hash: challenge.hash,
  });
  if (row.next === 'respond') return respond(exchange, row, code.secret);
  if (row.login_url) return handOver(exchange, row.login_url, challenge.secret);
  showPage(exchange, row, { ...trouble, request: handle });
}

/** Sends the browser to the product's own login page, which answers the challenge. */
function handOver(exchange: Exchange, loginUrl: string, challenge: string): void {
  const url = new URL(loginUrl);
  url.searchParams.set('login_challenge', challenge);
  url.searchParams.set('iss', exchange.state.tenant.issuer);
  exchange.status = 303;
  exchange.set('Cache-Control', 'no-store');
  exchange.set('Location', url.href);
}

function showPage(
  exchange: Exchange,
  row: ApiAuthorization,
  { status, ...data }: { status?: number; request: string | undefined },
): void {
  const page = row.page as { redirect_uri: string; client_name: string };
  render(
    exchange,
    row.next === 'login' ? 'login' : 'consent',
    {
      ...page,
      ...data,
      ...redirectTarget(page.redirect_uri),
      csrf: presentedCsrfToken(exchange),
      title: row.next === 'login' ? 'Sign in' : `Allow ${page.client_name}?`,
    },
    { ...(status !== undefined && { status }), redirectUri: page.redirect_uri },
  );
}
