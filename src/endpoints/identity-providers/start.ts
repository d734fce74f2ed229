// Upstream login, the way there: from the login page, or from the page of the signed-in person.

import { type ApiUpstreamLogin, api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { browserHash, carryBrowser } from '../../http/browser-cookie.ts';
import { type Ctx, caller } from '../../http/ctx.ts';
import { render } from '../../http/render.ts';
import { presentedSession } from '../../http/session.ts';
import { requireReadable } from '../../protocol/params.ts';
import { assembleToken, newSecret, secretHash } from '../../protocol/secrets.ts';
import { accountForm } from '../account/person.ts';
import { presentedRequest } from '../authorization/continue.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { journeyOf, refuseLogin, troubleOf } from './journey.ts';

/** Sends the person to an upstream, to sign in for an authorization request. */
export function startUpstream(services: EndpointServices): Endpoint {
  return async (ctx) => {
    const { values } = requireReadable(parameters(ctx), ['request', 'upstream']);
    const state = newSecret();
    const { id } = ctx.state.tenant;
    const presented = presentedRequest(ctx, values.request);
    const row = await call(services.database, api.upstream_begin, {
      ...caller(ctx),
      ...presented,
      sealed_request: services.upstreams.sealRequest(id, state.hash, values.request ?? ''),
      upstream: values.upstream ?? '',
      state_hash: state.hash,
    });
    carryBrowser(ctx, presented.request_hash, state.hash);
    await depart(services, ctx, row, state, values.request);
  };
}

/** Sends the signed-in person to an upstream, to link the account there. */
export function linkUpstream(services: EndpointServices): Endpoint {
  return accountForm(services, 'sign-in', async (ctx) => {
    const { values } = requireReadable(parameters(ctx), ['csrf', 'upstream']);
    const state = newSecret();
    const row = await call(services.database, api.upstream_link_begin, {
      ...caller(ctx),
      ...presentedSession(ctx),
      csrf_hash: values.csrf === undefined ? null : secretHash(values.csrf),
      browser_hash: browserHash(ctx, state.hash),
      upstream: values.upstream ?? '',
      state_hash: state.hash,
    });
    await depart(services, ctx, row, state, undefined);
  });
}

async function depart(
  services: EndpointServices,
  ctx: Ctx,
  row: ApiUpstreamLogin,
  { secret, hash }: { secret: string; hash: Buffer },
  request: string | undefined,
): Promise<void> {
  const expires_at = row.state_expires_at;
  const state = assembleToken('upstream', expires_at, secret);
  try {
    const { upstream, protocol } = services.upstreams.open(ctx.state.tenant.id, row.name, row);
    const journey = journeyOf(services, ctx, row, state);
    const url = await services.queues.fetches.run([ctx.state.tenant.id, upstream.name], () =>
      protocol.authorizationUrl(upstream, journey),
    );
    sendTo(ctx, url, row.title, request !== undefined);
  } catch (failure) {
    const trouble = troubleOf(failure);
    const named = { state_hash: hash, state_expires_at: expires_at };
    await refuseLogin(services, ctx, { ...trouble, row, named, request });
  }
}

/** A link is posted by a form, whose policy lets no redirect leave this server: it goes on by a link. */
function sendTo(ctx: Ctx, url: URL, upstream_title: string | null, redirect: boolean) {
  if (!redirect) {
    return render(ctx, 'identity_provider_link', { upstream_title, url: url.href });
  }
  ctx.status = 303;
  ctx.set('Cache-Control', 'no-store');
  ctx.set('Location', url.href);
}
