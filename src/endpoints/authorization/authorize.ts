// RFC 6749 4.1.1, OpenID Connect Core 3.1.2: the authorization endpoint.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { browserHash } from '../../http/browser-cookie.ts';
import { type Ctx, caller } from '../../http/ctx.ts';
import { refuse } from '../../http/refuse.ts';
import { codeSecret, presentedSession } from '../../http/session.ts';
import { clientDocuments } from '../../outbound/client-documents.ts';
import {
  type AuthorizationRequest,
  readAuthorizationRequest,
} from '../../protocol/authorization.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { assembleToken, newSecret } from '../../protocol/secrets.ts';
import { verifyIdTokenHint } from '../../protocol/tokens.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { respond } from './send-response.ts';

/** Takes an authorization request: answers it, or sends the browser on to login or consent. */
export function authorize(services: EndpointServices): Endpoint {
  const { database, keyring } = services;
  const takeDocument = clientDocuments(services);
  return async (ctx) => {
    const request = await readRequest(services, ctx);
    const { hint, error, reason } = await readHint({ keyring }, ctx, request);
    const handle = newSecret();
    const code = codeSecret(ctx, handle.hash);
    const args = {
      ...caller(ctx),
      ...presentedSession(ctx),
      request_hash: handle.hash,
      code_hash: code.hash,
      // A cross-site POST brings no SameSite=Lax cookie: such a request is taken up by GET.
      browser_hash: ctx.method === 'POST' ? null : browserHash(ctx, handle.hash),
      client_id: request.client_id,
      redirect_uri: request.redirect_uri ?? null,
      response_mode: request.response_mode,
      state: request.state ?? null,
      nonce: request.nonce ?? null,
      code_challenge: request.code_challenge ?? null,
      scopes: request.scopes,
      prompt: request.prompts,
      max_age: request.max_age ?? null,
      hint_sub: hint ?? null,
      login_hint: request.login_hint ?? null,
      acr_values: [...new Set([...request.acr_values, ...request.claims.acr_values])],
      essential_acr: request.claims.essential_acr ?? null,
      claims_id_token: request.claims.id_token,
      claims_userinfo: request.claims.userinfo,
      resources: request.resources,
      dpop_jkt: request.dpop_jkt ?? null,
      error: (error ?? null) as never,
      error_reason: reason ?? null,
    };
    let row = await call(database, api.authorization_begin, args);
    if (row.next === 'document') {
      await takeDocument(caller(ctx), request.client_id);
      row = await call(database, api.authorization_begin, args);
    }
    if (row.next === 'respond') {
      const response_detail = row.response_detail ?? request.detail ?? null;
      return respond(ctx, { ...row, response_detail }, code.secret);
    }
    if (row.next === 'document')
      throw new TypeError('the document was stored, and is asked for again');
    const query = new URLSearchParams({
      request: assembleToken('request', row.request_expires_at, handle.secret),
    });
    ctx.status = 303;
    ctx.set('Location', `${ctx.state.tenant.path}/oauth/continue?${query}`);
  };
}

/** What is asked for; a request that has nowhere to be answered to is recorded and refused. */
async function readRequest({ database }: Pick<EndpointServices, 'database'>, ctx: Ctx) {
  try {
    return readAuthorizationRequest(parameters(ctx));
  } catch (failure) {
    return refuse(database, ctx, 'authorization.request', failure);
  }
}

/** The person that id_token_hint or the claims parameter names; its error is the request's. */
async function readHint(
  { keyring }: Pick<EndpointServices, 'keyring'>,
  ctx: Ctx,
  { error, reason, id_token_hint, claims }: AuthorizationRequest,
): Promise<{ hint?: string | undefined; error?: string | undefined; reason?: string | undefined }> {
  if (error !== undefined || id_token_hint === undefined)
    return { hint: claims.sub, error, reason };
  try {
    const { verifying } = await keyring(ctx);
    const { sub } = await verifyIdTokenHint(id_token_hint, verifying, ctx.state.tenant.issuer);
    return { hint: sub };
  } catch (failure) {
    if (!(failure instanceof OAuthError)) throw failure;
    return { error: failure.error, reason: failure.reason };
  }
}
