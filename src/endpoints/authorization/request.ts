// RFC 6749 4.1.1: what an authorization request hands to SQL, whether a browser brings it or its client pushes it.

import type { ApiAuthorizationParameters } from '../../db/bindings.ts';
import type { Ctx } from '../../http/ctx.ts';
import {
  type AuthorizationRequest,
  readAuthorizationRequest,
} from '../../protocol/authorization.ts';
import { malformed, OAuthError } from '../../protocol/errors.ts';
import type { RawParameters } from '../../protocol/params.ts';
import { verifyIdTokenHint } from '../../protocol/tokens.ts';
import type { EndpointServices } from '../endpoint.ts';
import { requestObjects } from './signed-request.ts';

/** Makes the reader of authorization requests; it throws where there is no client to answer to. */
export function requestReader(services: EndpointServices) {
  const readObject = requestObjects(services);
  return async (ctx: Ctx, sent: RawParameters) => {
    const object = await readObject(ctx, sent);
    const request = readAuthorizationRequest(object?.parameters ?? sent);
    const { details, ...refusal } = await readDetails(services, ctx, request);
    const { hint, error, reason } = await readHint(services, ctx, { ...request, ...refusal });
    return {
      /** What the client's developers are told of `error`. */
      detail: refusal.detail,
      args: {
        client_id: request.client_id,
        redirect_uri: request.redirect_uri ?? null,
        parameters: { ...parametersOf(request, hint), authorization_details: details as never },
        request_object: object?.facts ?? null,
        error: (error ?? null) as never,
        error_reason: reason ?? null,
      },
    };
  };
}

function parametersOf(
  request: AuthorizationRequest,
  hint?: string,
): Omit<ApiAuthorizationParameters, 'authorization_details'> {
  const { claims } = request;
  return {
    response_mode: request.response_mode,
    state: request.state ?? null,
    nonce: request.nonce ?? null,
    code_challenge: request.code_challenge ?? null,
    scopes: request.scopes,
    prompt: request.prompts,
    max_age: request.max_age ?? null,
    hint_sub: hint ?? null,
    login_hint: request.login_hint ?? null,
    acr_values: [...new Set([...request.acr_values, ...claims.acr_values])],
    essential_acr: claims.essential_acr ?? null,
    claims_id_token: claims.id_token,
    claims_userinfo: claims.userinfo,
    ui_locales: request.ui_locales,
    resources: request.resources,
    dpop_jkt: request.dpop_jkt ?? null,
    grant_management_action: request.grant_management_action ?? null,
    grant_id: request.grant_id ?? null,
  };
}

/** What the request asks for beside scopes; its error is the request's. */
async function readDetails(
  { authorizationDetails }: Pick<EndpointServices, 'authorizationDetails'>,
  ctx: Ctx,
  { error, reason, detail, authorization_details }: AuthorizationRequest,
): Promise<Pick<AuthorizationRequest, 'error' | 'reason' | 'detail'> & { details: unknown }> {
  if (error !== undefined) return { error, reason, detail, details: null };
  try {
    const details = await authorizationDetails(ctx, authorization_details);
    return { error, reason, detail, details };
  } catch (failure) {
    if (!(failure instanceof OAuthError)) throw failure;
    return { error: failure.error, reason: failure.reason, detail: failure.detail, details: null };
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
    if (claims.sub !== undefined && claims.sub !== sub)
      throw malformed('id_token_hint and the claims parameter name two people');
    return { hint: sub };
  } catch (failure) {
    if (!(failure instanceof OAuthError)) throw failure;
    return { error: failure.error, reason: failure.reason };
  }
}
