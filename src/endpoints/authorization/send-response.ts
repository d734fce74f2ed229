// RFC 6749 4.1.2, RFC 9207: the answer of an authorization request, success and error alike.
import type { ApiAuthorization } from '../../db/bindings.ts';
import type { Ctx } from '../../http/ctx.ts';
import { formPostScript, render } from '../../http/render.ts';
import { sendOn } from '../../http/send-on.ts';
import type { ResponseMode } from '../../protocol/authorization.ts';
import {
  type AuthorizationResponse,
  authorizationResponse,
} from '../../protocol/authorization-response.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { redirectTarget } from '../../protocol/redirect-uri.ts';
import { assembleToken } from '../../protocol/secrets.ts';

type Response = Extract<ApiAuthorization, { next: 'respond' }>;

/**
 * Sends the code that the database has stored, or its error, to the proven redirect URI; an error for
 * whom nobody vouches goes there only if the person chooses so (RFC 9700 4.11.2).
 */
export function respond(ctx: Ctx, row: Response, codeSecret: string): void {
  const { redirect_uri, response_mode, response_error, response_reason, response_detail } = row;
  const refusal = response_error
    ? new OAuthError(response_error, String(response_reason), {
        ...(response_detail && { detail: response_detail }),
      })
    : undefined;
  const answer = authorizationResponse(redirect_uri, response_mode as ResponseMode, {
    code:
      row.code_expires_at === null
        ? undefined
        : assembleToken('code', row.code_expires_at, codeSecret),
    error: refusal?.error,
    error_description: refusal?.description,
    state: row.state ?? undefined,
    iss: ctx.state.tenant.issuer,
  });
  if (row.untrusted && refusal) {
    warn(ctx, row, answer, refusal);
    return;
  }
  if (answer.mode === 'query') {
    sendOn(ctx, answer.location);
    return;
  }
  render(
    ctx,
    'form_post',
    { title: 'Continue', ...form(answer), script: formPostScript },
    { formsLeave: true, selfSubmitting: true },
  );
}

type FormPost = Extract<AuthorizationResponse, { mode: 'form_post' }>;

function form({ action, fields }: FormPost) {
  return { action, fields: fields.map(([name, value]) => ({ name, value })) };
}

/** Says what happened, names where the answer would go, and leaves it to the person. */
function warn(
  ctx: Ctx,
  { page, redirect_uri }: Response,
  answer: AuthorizationResponse,
  { status, description }: OAuthError,
): void {
  render(
    ctx,
    'untrusted',
    {
      ...(page as object),
      ...redirectTarget(redirect_uri),
      title: 'This request cannot go on',
      text: description,
      ...(answer.mode === 'query' ? { location: answer.location } : form(answer)),
    },
    { status, redirectUri: redirect_uri },
  );
}
