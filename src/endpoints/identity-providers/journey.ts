// Upstream login: what both ways of it share, and what a person sees when it comes to nothing.

import { type ApiUpstreamLogin, api } from '../../db/bindings.ts';
import { callAll } from '../../db/call.ts';
import { browserHash } from '../../http/browser-cookie.ts';
import { type Ctx, caller } from '../../http/ctx.ts';
import {
  type Journey,
  UpstreamError,
  upstreamRedirectUri,
} from '../../identity-providers/identity-provider.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { showRequest } from '../authorization/continue.ts';
import type { EndpointServices } from '../endpoint.ts';

/** What is said on the login page, by the kind of trouble, and its status. */
const statuses = { unavailable: 503, denied: 400, untrusted: 502, unknown: 403, refused: 403 };

type Trouble = { trouble: keyof typeof statuses; reason: string };

/** What the way to the upstream and the way back have in common. */
export function journeyOf(
  { upstreams }: EndpointServices,
  ctx: Ctx,
  row: ApiUpstreamLogin,
  state: string,
): Journey {
  return {
    redirectUri: upstreamRedirectUri(ctx.state.tenant.issuer, row.name),
    state,
    ...upstreams.derive(state),
    forceLogin: row.force_login === true,
    loginHint: row.login_hint,
  };
}

/** What an upstream did not do; throws whatever is no failure of the upstream. */
export function troubleOf(failure: unknown): Trouble {
  if (!(failure instanceof UpstreamError)) throw failure;
  return { trouble: failure.trouble, reason: failure.message };
}

/**
 * Records why nobody was signed in, and shows the other ways to sign in. The client application
 * is told nothing: its request is still open. Throws where an account was to be linked.
 */
export async function refuseLogin(
  services: EndpointServices,
  ctx: Ctx,
  {
    trouble,
    reason,
    row,
    named,
    request,
  }: Trouble & {
    row: ApiUpstreamLogin;
    named: { state_hash: Buffer; state_expires_at: number };
    request: string | undefined;
  },
): Promise<void> {
  const { requestId: request_id, tenant } = ctx.state;
  const { name: upstream, title } = row;
  services.log.warn({ request_id, tenant: tenant.id, upstream, trouble }, reason);
  // A database that has decided and recorded it already finds nothing left to end here.
  await callAll(services.database, api.upstream_fail, {
    ...caller(ctx),
    ...named,
    browser_hash: browserHash(ctx, named.state_hash),
    error: 'upstream_failed',
    error_reason: reason.slice(0, 500),
  });
  if (request === undefined) {
    const error = trouble === 'refused' ? 'access_denied' : 'upstream_failed';
    throw new OAuthError(error, reason, { status: statuses[trouble] });
  }
  await showRequest(services, ctx, request, {
    status: statuses[trouble],
    error: `upstream_${trouble}`,
    upstream_title: title,
  });
}
