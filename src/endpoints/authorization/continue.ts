// OpenID Connect Core 3.1.2.3 and 3.1.2.4: the pages of a stored authorization request.

import { type ApiAuthorization, api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { browserHash } from '../../http/browser-cookie.ts';
import { type Ctx, caller } from '../../http/ctx.ts';
import { rememberedUsername } from '../../http/remembered-username.ts';
import { render } from '../../http/render.ts';
import { codeSecret, presentedCsrfToken, presentedSession } from '../../http/session.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { requireReadable } from '../../protocol/params.ts';
import { redirectTarget } from '../../protocol/redirect-uri.ts';
import { newLastingSecret, parseToken } from '../../protocol/secrets.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { newSetUp } from '../second-factor/totp.ts';
import { respond } from './send-response.ts';

/** Shows login, the second factor, the choice of an account or consent, whichever is due, or answers the client. */
export function continueRequest(services: EndpointServices): Endpoint {
  return async (ctx) => {
    const { request } = requireReadable(parameters(ctx), ['request']).values;
    await showRequest(services, ctx, request);
  };
}

/** The arguments that name a stored request of this browser; throws expired_request for none. */
export function presentedRequest(ctx: Ctx, handle: string | undefined) {
  const parsed = handle === undefined ? undefined : parseToken('request', handle);
  if (!parsed) throw new OAuthError('expired_request', 'no handle of an authorization request');
  return {
    request_hash: parsed.hash,
    request_expires_at: parsed.expires_at,
    browser_hash: browserHash(ctx, parsed.hash),
  };
}

/** Shows what comes next for a request; `trouble` is what the login page says of the last try. */
export async function showRequest(
  services: EndpointServices,
  ctx: Ctx,
  handle: string | undefined,
  trouble: {
    status?: number;
    error?: string;
    retry_after?: number | null;
    username?: string;
    /** Whether the person wanted it remembered. */
    remember?: boolean;
    upstream_title?: string | null;
    /** Of an authenticator app that is being set up. */
    key?: Buffer | undefined;
  } = {},
): Promise<void> {
  const presented = presentedRequest(ctx, handle);
  const code = codeSecret(ctx, presented.request_hash);
  const challenge = newLastingSecret('login_challenge');
  const row = await call(services.database, api.authorization_continue, {
    ...caller(ctx),
    ...presented,
    ...presentedSession(ctx),
    code_hash: code.hash,
    next_challenge_hash: challenge.hash,
  });
  if (row.next === 'respond') return respond(services, ctx, row, code.secret);
  if (row.login_url) return handOver(ctx, row.login_url, challenge.secret);
  showPage(services, ctx, row, { ...trouble, request: handle });
}

/** Sends the browser to the product's own login page, which answers the challenge. */
function handOver(ctx: Ctx, loginUrl: string, challenge: string): void {
  const url = new URL(loginUrl);
  url.searchParams.set('login_challenge', challenge);
  url.searchParams.set('iss', ctx.state.tenant.issuer);
  ctx.status = 303;
  ctx.set('Cache-Control', 'no-store');
  ctx.set('Location', url.href);
}

const pages = {
  login: 'login',
  second_factor: 'second_factor',
  account: 'select_account',
  consent: 'consent',
} as const;

type Shown = {
  redirect_uri: string;
  ui_locales: string[];
  username: string;
  second_factor?: { user_id: string; totp: object | null; passkeys: object[] } | null;
};

function showPage(
  services: EndpointServices,
  ctx: Ctx,
  row: ApiAuthorization,
  {
    status,
    key,
    ...data
  }: { status?: number; key?: Buffer | undefined; request: string | undefined },
): void {
  const { next } = row;
  const shown = row.page as Shown;
  const page =
    pages[next === 'login' || next === 'account' || next === 'second_factor' ? next : 'consent'];
  const { second_factor } = shown;
  // Whoever has none sets one up.
  const none = second_factor && !second_factor.totp && second_factor.passkeys.length === 0;
  const setUp =
    next === 'second_factor' && none
      ? newSetUp(services, ctx, { ...shown, ...second_factor }, key)
      : undefined;
  render(
    ctx,
    page,
    {
      ...shown,
      ...data,
      ...redirectTarget(shown.redirect_uri),
      set_up: setUp,
      remembered: next === 'login' ? rememberedUsername(services.secret, ctx) : undefined,
      csrf: presentedCsrfToken(ctx),
    },
    {
      ...(status !== undefined && { status }),
      passkeys: Boolean(second_factor),
      locales: shown.ui_locales,
      redirectUri: shown.redirect_uri,
    },
  );
}
