// RFC 6749 4.1.2, RFC 9207, JARM: the answer of an authorization request, success and error alike.
import type { ApiAuthorization } from '../../db/bindings.ts';
import type { Ctx } from '../../http/ctx.ts';
import { formPostScript, render } from '../../http/render.ts';
import { sendOn } from '../../http/send-on.ts';
import { browserState, clearBrowserState } from '../../http/session.ts';
import type { ResponseMode } from '../../protocol/authorization.ts';
import {
  type AuthorizationResponse,
  authorizationResponse,
  type PlainParameters,
  type ResponseParameters,
} from '../../protocol/authorization-response.ts';
import { OAuthError } from '../../protocol/errors.ts';
import type { SigningAlg } from '../../protocol/keys.ts';
import { redirectTarget } from '../../protocol/redirect-uri.ts';
import { assembleToken } from '../../protocol/secrets.ts';
import { sessionState } from '../../protocol/session-state.ts';
import { signAuthorizationResponse } from '../../protocol/tokens.ts';
import { answersAccount, showAccount } from '../account/person.ts';
import { answersDevice, showAnswer } from '../device-authorization/device-pages.ts';
import type { EndpointServices } from '../endpoint.ts';

/** For so long a signed answer is good, in seconds: it travels with its browser (JARM 2.1 has ten minutes at most). */
const responseLifetime = 120;

type Response = Extract<ApiAuthorization, { next: 'respond' }>;

/**
 * Sends the code that the database has stored, or its error, to the proven redirect URI; an error for
 * whom nobody vouches goes there only if the person chooses so (RFC 9700 4.11.2).
 */
export async function respond(
  { keyring }: Pick<EndpointServices, 'keyring'>,
  ctx: Ctx,
  row: Response,
  codeSecret: string,
): Promise<void> {
  if (answersDevice(ctx, row)) return showAnswer(ctx, row);
  if (answersAccount(ctx, row)) return showAccount(ctx, row);
  const { redirect_uri, response_mode, response_error, response_reason, response_detail } = row;
  const refusal = response_error
    ? new OAuthError(response_error, String(response_reason), {
        ...(response_detail && { detail: response_detail }),
      })
    : undefined;
  const parameters = {
    code:
      row.code_expires_at === null
        ? undefined
        : assembleToken('code', row.code_expires_at, codeSecret),
    error: refusal?.error,
    error_description: refusal?.description,
    state: row.state ?? undefined,
    session_state: watched(ctx, row),
    iss: ctx.state.tenant.issuer,
  };
  const answer = authorizationResponse(
    redirect_uri,
    response_mode as ResponseMode,
    await signedWhereAsked(keyring, ctx, row, parameters),
  );
  if (row.untrusted && refusal) {
    warn(ctx, row, answer, refusal);
    return;
  }
  if ('location' in answer) {
    sendOn(ctx, answer.location);
    return;
  }
  render(
    ctx,
    'form_post',
    { ...form(answer), script: formPostScript },
    { formsLeave: true, selfSubmitting: true },
  );
}

/**
 * Session Management 2: what the client asks the frame with, where the tenant has that. An answer that nobody is signed in
 * tells the frames of other clients so, too: the session may have ended elsewhere.
 */
function watched(
  ctx: Ctx,
  { watched_client_id, redirect_uri, response_error }: Response,
): string | undefined {
  if (watched_client_id === null) return undefined;
  if (response_error === 'login_required') {
    clearBrowserState(ctx);
    return undefined;
  }
  const state = browserState(ctx);
  return state === undefined ? undefined : sessionState(watched_client_id, redirect_uri, state);
}

/** JARM 2.1: the answer as the claims of a JWT for its client, where the request asks for one. */
async function signedWhereAsked(
  keyring: EndpointServices['keyring'],
  ctx: Ctx,
  { response_alg, response_audience }: Response,
  parameters: PlainParameters,
): Promise<ResponseParameters> {
  if (response_alg === null || response_audience === null) return parameters;
  const { signing } = await keyring(ctx);
  const exp = Math.floor(Date.now() / 1000) + responseLifetime;
  const key = signing(response_alg as SigningAlg);
  return {
    response: await signAuthorizationResponse(parameters, { aud: response_audience, exp }, key),
  };
}

type FormPost = Extract<AuthorizationResponse, { action: string }>;

function form({ action, fields }: FormPost) {
  return { action, fields: fields.map(([name, value]) => ({ name, value })) };
}

/** Says what happened, names where the answer would go, and leaves it to the person. */
function warn(
  ctx: Ctx,
  { page, redirect_uri }: Response,
  answer: AuthorizationResponse,
  { status, error: code, detail }: OAuthError,
): void {
  const shown = page as { ui_locales: string[] };
  render(
    ctx,
    'untrusted',
    {
      ...shown,
      ...redirectTarget(redirect_uri),
      code,
      detail,
      ...('location' in answer ? answer : form(answer)),
    },
    { status, locales: shown.ui_locales, redirectUri: redirect_uri },
  );
}
