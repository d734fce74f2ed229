// RFC 6749 4.1.1, OpenID Connect Core 3.1.2.4: the person decides.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { caller } from '../../http/ctx.ts';
import { codeSecret, presentedSession } from '../../http/session.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { requireReadable } from '../../protocol/params.ts';
import { isScopeName } from '../../protocol/scope.ts';
import { secretHash } from '../../protocol/secrets.ts';
import { chosenDevices } from '../device-authorization/device-pages.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { presentedRequest } from './continue.ts';
import { respond } from './send-response.ts';

/** Takes the decision, and answers the client with a code or access_denied. */
export function consent(services: EndpointServices): Endpoint {
  const { database } = services;
  return async (ctx) => {
    const sent = parameters(ctx);
    const { values } = requireReadable(sent, ['request', 'decision', 'csrf', 'choice']);
    const { request, decision, csrf, choice } = values;
    if (decision !== 'allow' && decision !== 'deny') {
      throw new OAuthError('invalid_request', 'decision is neither allow nor deny');
    }
    const presented = presentedRequest(ctx, request);
    const code = codeSecret(ctx, presented.request_hash);
    const row = await call(database, api.consent_decide, {
      ...caller(ctx),
      ...presented,
      ...presentedSession(ctx),
      code_hash: code.hash,
      csrf_hash: csrf === undefined ? null : secretHash(csrf),
      allow: decision === 'allow',
      scopes: choice === undefined ? null : chosenScopes(sent.scope),
      devices: chosenDevices(sent.device),
    });
    if (row.next === 'respond') return respond(services, ctx, row, code.secret);
    const query = new URLSearchParams({ request: request ?? '' });
    ctx.status = 303;
    ctx.set('Location', `${ctx.state.tenant.path}/oauth/continue?${query}`);
  };
}

/** The scopes whose boxes are ticked. */
function chosenScopes(sent: unknown): string[] {
  const scopes: unknown[] = sent === undefined ? [] : [sent].flat();
  if (!scopes.every((scope) => typeof scope === 'string' && isScopeName(scope))) {
    throw new OAuthError('invalid_request', 'scope is none that a page has shown');
  }
  return scopes.map(String);
}
