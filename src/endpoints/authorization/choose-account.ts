// OpenID Connect Core 3.1.2.1: prompt=select_account.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { caller } from '../../http/ctx.ts';
import { forgetUsername } from '../../http/remembered-username.ts';
import { codeSecret, presentedSession } from '../../http/session.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { requireReadable } from '../../protocol/params.ts';
import { secretHash } from '../../protocol/secrets.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { presentedRequest } from './continue.ts';
import { respond } from './send-response.ts';

/** Takes the choice of an account, and answers the client or goes on to login or consent. */
export function chooseAccount(services: EndpointServices): Endpoint {
  const { database } = services;
  return async (ctx) => {
    const { values } = requireReadable(parameters(ctx), ['request', 'account', 'csrf']);
    const { request, account, csrf } = values;
    if (account !== 'this' && account !== 'another') {
      throw new OAuthError('invalid_request', 'account is neither this nor another');
    }
    const presented = presentedRequest(ctx, request);
    const code = codeSecret(ctx, presented.request_hash);
    const row = await call(database, api.account_choose, {
      ...caller(ctx),
      ...presented,
      ...presentedSession(ctx),
      code_hash: code.hash,
      csrf_hash: csrf === undefined ? null : secretHash(csrf),
      another: account === 'another',
    });
    if (row.next === 'respond') return respond(services, ctx, row, code.secret);
    if (account === 'another') forgetUsername(ctx);
    const query = new URLSearchParams({ request: request ?? '' });
    ctx.status = 303;
    ctx.set('Location', `${ctx.state.tenant.path}/oauth/continue?${query}`);
  };
}
