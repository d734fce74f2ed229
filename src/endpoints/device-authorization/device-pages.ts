// RFC 8628 3.3: the person says that a device is theirs. From there on it is an authorization request like any other.

import { type ApiAuthorization, api } from '../../db/bindings.ts';
import { ask } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { browserHash } from '../../http/browser-cookie.ts';
import { type Ctx, caller } from '../../http/ctx.ts';
import { render } from '../../http/render.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { requireReadable } from '../../protocol/params.ts';
import { assembleToken, newSecret } from '../../protocol/secrets.ts';
import { readUserCode, userCodeHash } from '../../protocol/user-code.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { verificationUri } from './device-authorization.ts';

type Trouble = { error?: string; status?: number };

/** Asks for the user code; one that came in the address is filled in, and still to be sent by the person. */
export function askUserCode(): Endpoint {
  return (ctx) => {
    const { user_code } = requireReadable(parameters(ctx), ['user_code']).values;
    showForm(ctx, user_code);
  };
}

/** Takes the user code, and goes on to sign-in and consent. */
export function takeUserCode({ database, secret }: EndpointServices): Endpoint {
  return async (ctx) => {
    const { user_code } = requireReadable(parameters(ctx), ['user_code']).values;
    const { id, path } = ctx.state.tenant;
    const request = newSecret();
    const row = await ask(database, api.device_verify, {
      ...caller(ctx),
      // What is no user code is counted as a wrong one.
      user_code_hash: userCodeHash(secret, id, readUserCode(user_code ?? '')),
      request_hash: request.hash,
      browser_hash: browserHash(ctx, request.hash),
    });
    if (row.error !== null) {
      const limited = row.error !== 'invalid_user_code';
      return showForm(ctx, user_code, { error: row.error, status: limited ? 429 : 400 });
    }
    const query = new URLSearchParams({
      request: assembleToken('request', row.expires_at, request.secret),
    });
    ctx.status = 303;
    ctx.set('Location', `${path}/oauth/continue?${query}`);
  };
}

function showForm(ctx: Ctx, user_code = '', { error, status = 200 }: Trouble = {}): void {
  render(ctx, 'device', { user_code, error }, { status });
}

/** The other codes that the person ticked beside the one that they typed. */
export function chosenDevices(sent: unknown): Buffer[] {
  const ids: unknown[] = sent === undefined ? [] : [sent].flat();
  if (!ids.every((id) => typeof id === 'string' && /^[0-9a-f]{64}$/.test(id)) || ids.length > 20) {
    throw new OAuthError('invalid_request', 'device is none that a page has shown');
  }
  return ids.map((id) => Buffer.from(String(id), 'hex'));
}

/** Whether an authorization request is answered here, to the person, and not to a client: whose redirect URI has no fragment. */
export function answersDevice(ctx: Ctx, { redirect_uri }: { redirect_uri: string }): boolean {
  return redirect_uri === `${verificationUri(ctx.state.tenant.issuer)}#`;
}

/** Tells the person what became of the device. */
export function showAnswer(ctx: Ctx, row: Extract<ApiAuthorization, { next: 'respond' }>): void {
  const { code_expires_at, response_error } = row;
  const denied = response_error === 'access_denied';
  const allowed = code_expires_at !== null;
  render(ctx, 'device_done', { allowed, denied }, { status: allowed || denied ? 200 : 403 });
}
