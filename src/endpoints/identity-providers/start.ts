// Upstream login, the way there: from the login page, or from the page of the signed-in person.

import { type ApiUpstreamLogin, api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { browserHash, carryBrowser } from '../../http/browser-cookie.ts';
import { caller, type Exchange } from '../../http/ctx.ts';
import { render } from '../../http/render.ts';
import { presentedSession } from '../../http/session.ts';
import { requireReadable } from '../../protocol/params.ts';
import { assembleToken, newSecret, secretHash } from '../../protocol/secrets.ts';
import { presentedRequest } from '../authorization/continue.ts';
import type { Endpoint, Services } from '../endpoint.ts';
import { journeyOf, refuseLogin, troubleOf } from './journey.ts';

/** Sends the person to an upstream, to sign in for an authorization request. */
export function startUpstream(services: Services): Endpoint {
  return async (exchange) => {
    const { values } = requireReadable(parameters(exchange), ['request', 'upstream']);
    const state = newSecret();
    const { id } = exchange.state.tenant;
    const presented = presentedRequest(exchange, values.request);
    const row = await call(services.database, api.upstream_begin, {
      ...caller(exchange),
      ...presented,
      sealed_request: services.upstreams.sealRequest(id, state.hash, values.request ?? ''),
      upstream: values.upstream ?? '',
      state_hash: state.hash,
    });
    carryBrowser(exchange, presented.request_hash, state.hash);
    await depart(services, exchange, row, state, values.request);
  };
}

/** Sends the signed-in person to an upstream, to link the account there. */
export function linkUpstream(services: Services): Endpoint {
  return async (exchange) => {
    const { values } = requireReadable(parameters(exchange), ['csrf', 'upstream']);
    const state = newSecret();
    const row = await call(services.database, api.upstream_link_begin, {
      ...caller(exchange),
      ...presentedSession(exchange),
      csrf_hash: values.csrf === undefined ? null : secretHash(values.csrf),
      browser_hash: browserHash(exchange, state.hash),
      upstream: values.upstream ?? '',
      state_hash: state.hash,
    });
    await depart(services, exchange, row, state, undefined);
  };
}

async function depart(
  services: Services,
  exchange: Exchange,
  row: ApiUpstreamLogin,
  { secret, hash }: { secret: string; hash: Buffer },
  request: string | undefined,
): Promise<void> {
  const expires_at = row.state_expires_at;
  const state = assembleToken('upstream', expires_at, secret);
  try {
    const { upstream, protocol } = services.upstreams.open(exchange.state.tenant.id, row.name, row);
    const journey = journeyOf(services, exchange, row, state);
    const url = await services.queues.fetches.run([exchange.state.tenant.id, upstream.name], () =>
      protocol.authorizationUrl(upstream, journey),
    );
    sendTo(exchange, url, row.title, request !== undefined);
  } catch (failure) {
    const trouble = troubleOf(failure);
    const named = { state_hash: hash, state_expires_at: expires_at };
    await refuseLogin(services, exchange, { ...trouble, row, named, request });
  }
}

/** A link is posted by a form, whose policy lets no redirect leave this server: it goes on by a link. */
function sendTo(exchange: Exchange, url: URL, upstream_title: string | null, redirect: boolean) {
  if (!redirect) {
    const title = 'Connect an account';
    return render(exchange, 'upstream_link', { title, upstream_title, url: url.href });
  }
  exchange.status = 303;
  exchange.set('Cache-Control', 'no-store');
  exchange.set('Location', url.href);
}
