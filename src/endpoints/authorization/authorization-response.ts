// RFC 6749 4.1.2, RFC 9207: the answer of an authorization request, success and error alike.
import type { ApiAuthorization } from '../../db/bindings.ts';
import type { Exchange } from '../../http/ctx.ts';
import { formPostScript, render } from '../../http/render.ts';
import type { ResponseMode } from '../../protocol/authorization.ts';
import { authorizationResponse } from '../../protocol/authorization-response.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { assembleToken } from '../../protocol/secrets.ts';

type Response = Extract<ApiAuthorization, { next: 'respond' }>;

/** Sends the code that the database has stored, or its error, to the proven redirect URI. */
export function respond(exchange: Exchange, row: Response, codeSecret: string): void {
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
    iss: exchange.state.tenant.issuer,
  });
  exchange.set('Cache-Control', 'no-store');
  if (answer.mode === 'query') {
    exchange.status = 303;
    exchange.set('Location', answer.location);
    return;
  }
  const fields = answer.fields.map(([name, value]) => ({ name, value }));
  render(
    exchange,
    'form_post',
    { title: 'Continue', action: answer.action, fields, script: formPostScript },
    { redirectUri: answer.action, selfSubmitting: true },
  );
}
