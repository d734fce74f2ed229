// OpenID Connect RP-Initiated Logout 1.0, Front-Channel Logout 1.0.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { type Ctx, caller } from '../../http/ctx.ts';
import { render } from '../../http/render.ts';
import { sendOn } from '../../http/send-on.ts';
import { clearSession, presentedCsrfToken, presentedSession } from '../../http/session.ts';
import { withQuery } from '../../protocol/authorization-response.ts';
import { requireReadable } from '../../protocol/params.ts';
import { redirectTarget } from '../../protocol/redirect-uri.ts';
import { secretHash } from '../../protocol/secrets.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { openHint, readHint, sealHint } from './hint.ts';

const passedOn = ['client_id', 'post_logout_redirect_uri', 'state'] as const;
const hints = ['id_token_hint', 'sealed_hint'] as const;
const names = [...passedOn, ...hints, 'csrf'] as const;

/** A client that hears of the logout in the browser. */
type Frame = { uri: string; sid: string };
type Values = Partial<Record<(typeof names)[number], string>>;

/** Logs out, asks first, or has nothing to do; redirects only where the database says so. */
export function logout(services: EndpointServices): Endpoint {
  return async (ctx) => {
    const values: Values = requireReadable(parameters(ctx), [...names]).values;
    const { csrf, state } = values;
    const hint =
      values.sealed_hint === undefined
        ? await readHint(services, ctx, values.id_token_hint)
        : openHint(services, ctx, values.sealed_hint);
    if (!hint && hints.some((name) => values[name] !== undefined)) disregardClient(values);
    if (ctx.method === 'POST' && csrf === undefined) return takeUp(services, ctx, values, hint);
    const { client_id, post_logout_redirect_uri } = values;
    const row = await call(services.database, api.session_logout, {
      ...caller(ctx),
      ...presentedSession(ctx),
      csrf_hash: csrf === undefined ? null : secretHash(csrf),
      hint_sub: hint?.sub ?? null,
      hint_client_id: hint?.aud ?? null,
      hint_sid: hint?.sid ?? null,
      client_id: client_id ?? null,
      post_logout_redirect_uri: post_logout_redirect_uri ?? null,
    });
    if (row.next === 'confirm') {
      const fields = fieldsOf(values, [...passedOn, ...hints]);
      const page = {
        username: row.username,
        csrf: presentedCsrfToken(ctx),
      };
      const redirectUri = row.confirmed_redirect_uri ?? undefined;
      const hidden = fields.map(([name, value]) => ({ name, value }));
      return render(ctx, 'logout_confirm', { ...page, fields: hidden }, { redirectUri });
    }
    clearSession(ctx);
    const url =
      row.next === 'redirect' && row.redirect_uri
        ? withQuery(row.redirect_uri, state === undefined ? [] : [['state', state]])
        : undefined;
    leave(ctx, row.frames as Frame[], url, row.untrusted === true);
  };
}

/**
 * Has the clients of the session loaded in frames, each by its own URI (Front-Channel Logout 2 and 3), and lets the browser go on
 * when they have had their time; at once where there is none. Where nobody vouches for the URL the person goes on or not (RFC 9700
 * 4.11.2).
 */
function leave(ctx: Ctx, told: Frame[], url: string | undefined, untrusted: boolean): void {
  if (told.length === 0 && url !== undefined && !untrusted) {
    sendOn(ctx, url);
    return;
  }
  const { issuer } = ctx.state.tenant;
  const frames = told.map(({ uri, sid }) =>
    withQuery(uri, [
      ['iss', issuer],
      ['sid', sid],
    ]),
  );
  const next = url !== undefined && {
    url,
    host: redirectTarget(url).redirect_host,
    untrusted,
    // An application on the device takes what comes of a press of a button.
    refresh: !untrusted && /^https?:/.test(url),
  };
  render(ctx, 'logged_out', { frames, ...next }, { frames });
}

/**
 * RP-Initiated Logout 3 and 4: a request with a hint that does not verify is redirected nowhere. Who sent it is anybody's guess, and the
 * person alone says whether they sign out.
 */
function disregardClient(values: Values): void {
  for (const name of [...passedOn, ...hints]) delete values[name];
}

/**
 * A cross-site POST brings no SameSite=Lax cookie: it is taken up by GET. An ID token is kept out of URLs, which
 * end in histories and logs: what it says goes along sealed.
 */
function takeUp(
  services: EndpointServices,
  ctx: Ctx,
  values: Values,
  hint: Awaited<ReturnType<typeof readHint>>,
): void {
  const fields = fieldsOf({ client_id: hint?.aud, ...values }, passedOn);
  if (hint) fields.push(['sealed_hint', sealHint(services, ctx, hint)]);
  ctx.status = 303;
  ctx.set('Cache-Control', 'no-store');
  ctx.set('Location', withQuery(`${ctx.state.tenant.path}/oauth/logout`, fields));
}

function fieldsOf(values: Values, wanted: readonly (keyof Values)[]): [string, string][] {
  return wanted.flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [[name, value] as [string, string]];
  });
}
