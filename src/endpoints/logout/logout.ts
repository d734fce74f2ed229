// OpenID Connect RP-Initiated Logout 1.0.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { caller, type Exchange } from '../../http/ctx.ts';
import { render } from '../../http/render.ts';
import { clearSession, presentedCsrfToken, presentedSession } from '../../http/session.ts';
import { withQuery } from '../../protocol/authorization-response.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { requireReadable } from '../../protocol/params.ts';
import { secretHash } from '../../protocol/secrets.ts';
import { verifyIdTokenHint } from '../../protocol/tokens.ts';
import type { Endpoint, Services } from '../endpoint.ts';

const passedOn = ['id_token_hint', 'client_id', 'post_logout_redirect_uri', 'state'] as const;

/** Logs out, asks first, or has nothing to do; redirects only where the database says so. */
export function logout({ database, keyring }: Services): Endpoint {
  return async (exchange) => {
    const { values } = requireReadable(parameters(exchange), [...passedOn, 'csrf']);
    const fields = passedOn.flatMap((name) => {
      const value = values[name];
      return value === undefined ? [] : [[name, value] as [string, string]];
    });
    if (exchange.method === 'POST' && values.csrf === undefined) {
      // A cross-site POST brings no SameSite=Lax cookie: it is taken up by GET.
      exchange.status = 303;
      exchange.set('Location', withQuery(`${exchange.state.tenant.path}/oauth/logout`, fields));
      return;
    }
    const hint = await readHint({ keyring }, exchange, values.id_token_hint);
    const row = await call(database, api.session_logout, {
      ...caller(exchange),
      ...presentedSession(exchange),
      csrf_hash: values.csrf === undefined ? null : secretHash(values.csrf),
      hint_sub: hint?.sub ?? null,
      hint_client_id: hint?.aud ?? null,
      client_id: values.client_id ?? null,
      post_logout_redirect_uri: values.post_logout_redirect_uri ?? null,
    });
    if (row.next === 'confirm') {
      const hidden = fields.map(([name, value]) => ({ name, value }));
      const csrf = presentedCsrfToken(exchange);
      const page = { title: 'Sign out?', username: row.username, csrf, fields: hidden };
      const redirectUri = hint ? values.post_logout_redirect_uri : undefined;
      return render(exchange, 'logout_confirm', page, { redirectUri });
    }
    clearSession(exchange);
    if (row.next !== 'redirect' || !row.redirect_uri) {
      return render(exchange, 'logged_out', { title: 'Signed out' });
    }
    exchange.status = 303;
    const state: [string, string][] = values.state === undefined ? [] : [['state', values.state]];
    exchange.set('Location', withQuery(row.redirect_uri, state));
  };
}

/** A hint that does not verify is as good as none: nothing is redirected, and the person is asked. */
async function readHint(
  { keyring }: Pick<Services, 'keyring'>,
  exchange: Exchange,
  hint: string | undefined,
): Promise<{ sub: string; aud: string } | undefined> {
  if (hint === undefined) return undefined;
  try {
    const { verifying } = await keyring(exchange);
    return await verifyIdTokenHint(hint, verifying, exchange.state.tenant.issuer);
  } catch (failure) {
    if (failure instanceof OAuthError && failure.error === 'invalid_request') return undefined;
    throw failure;
  }
}
