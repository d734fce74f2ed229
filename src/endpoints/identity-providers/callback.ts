// Upstream login, the way back: state once, in its own browser and from its own upstream, then who it is, then a session.

import { type ApiUpstreamLogin, api } from '../../db/bindings.ts';
import { ask, call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { browserHash } from '../../http/browser-cookie.ts';
import { type Ctx, caller } from '../../http/ctx.ts';
import { flash } from '../../http/flash.ts';
import { csrfToken, presentedSession, startSession, userAgent } from '../../http/session.ts';
import { type Identity, readName } from '../../identity-providers/identity-provider.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { requireReadable } from '../../protocol/params.ts';
import { newSecret, parseToken, secretHash } from '../../protocol/secrets.ts';
import { goTo, pathOf } from '../account/person.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { journeyOf, refuseLogin, troubleOf } from './journey.ts';

/** Takes the answer of an upstream, and signs the person in or links the account. */
export function upstreamCallback(services: EndpointServices): Endpoint {
  return async (ctx) => {
    const { state = '' } = requireReadable(parameters(ctx), ['state']).values;
    const parsed = parseToken('upstream', state);
    if (!parsed) throw new OAuthError('expired_request', 'no state of an upstream login');
    const named = { state_hash: parsed.hash, state_expires_at: parsed.expires_at };
    const row = await call(services.database, api.upstream_resume, {
      ...caller(ctx),
      ...named,
      browser_hash: browserHash(ctx, parsed.hash),
      upstream: readName(String(ctx.params.name)),
    });
    const request = row.sealed_request
      ? services.upstreams.openRequest(ctx.state.tenant.id, parsed.hash, row.sealed_request)
      : undefined;
    const refuse = (trouble: ReturnType<typeof troubleOf>) =>
      refuseLogin(services, ctx, { ...trouble, row, named, request });

    let identity: Identity;
    try {
      identity = await identify(services, ctx, row, state);
    } catch (failure) {
      return refuse(troubleOf(failure));
    }
    const session = newSecret();
    const outcome = await finish(services, ctx, row.name, named, identity, session);
    const { error, reason, session_expires_at } = outcome;
    if (error === 'unknown_account' || error === 'access_denied') {
      const trouble = error === 'unknown_account' ? 'unknown' : 'refused';
      return refuse({ trouble, reason: reason ?? '' });
    }
    if (error) throw new OAuthError(error, reason ?? '');
    if (session_expires_at !== null) startSession(ctx, session.secret, session_expires_at);
    sendOn(ctx, request);
  };
}

async function identify(
  services: EndpointServices,
  ctx: Ctx,
  row: ApiUpstreamLogin,
  state: string,
): Promise<Identity> {
  const { id } = ctx.state.tenant;
  const { upstream, protocol } = services.upstreams.open(id, row.name, row);
  const journey = journeyOf(services, ctx, row, state);
  const callback = new URL(`${journey.redirectUri}?${ctx.querystring}`);
  return services.queues.fetches.run([id, upstream.name], () =>
    protocol.identify(upstream, journey, callback),
  );
}

async function finish(
  { database, upstreams }: EndpointServices,
  ctx: Ctx,
  name: string,
  named: { state_hash: Buffer; state_expires_at: number },
  { tokens, ...identity }: Identity,
  session: { secret: string; hash: Buffer },
) {
  const { session_hash, session_expires_at } = presentedSession(ctx);
  return await ask(database, api.upstream_finish, {
    ...caller(ctx),
    ...named,
    ...identity,
    browser_hash: browserHash(ctx, named.state_hash),
    sealed_tokens: upstreams.sealTokens(ctx.state.tenant.id, name, tokens),
    session_hash: session.hash,
    csrf_hash: secretHash(csrfToken(session.secret)),
    user_agent: userAgent(ctx),
    old_session_hash: session_hash,
    old_session_expires_at: session_expires_at,
  });
}

function sendOn(ctx: Ctx, request: string | undefined): void {
  if (request === undefined) {
    flash(ctx, 'account_linked');
    goTo(ctx, pathOf('sign-in'));
    return;
  }
  goTo(ctx, `/oauth/continue?${new URLSearchParams({ request })}`);
}
