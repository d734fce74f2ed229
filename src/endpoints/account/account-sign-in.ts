// How the person signs in: the password here, and accounts elsewhere.
import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import type { Ctx } from '../../http/ctx.ts';
import { flash } from '../../http/flash.ts';
import { render } from '../../http/render.ts';
import { newSession, presentedCsrfToken, startSession } from '../../http/session.ts';
import { turnOf } from '../../http/turn.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { requireReadable } from '../../protocol/params.ts';
import { newPassword } from '../../protocol/password.ts';
import { newSecret } from '../../protocol/secrets.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { accountForm, accountPage, goTo, pathOf, person, personWithForm } from './person.ts';

/** NIST SP 800-63B-4 3.1.1.2: at least 15 characters where a password is all that is asked for. */
const shortest = 15;

export function showSignIn(services: EndpointServices): Endpoint {
  return accountPage(services, 'sign-in', (ctx) => showSignInPage(services, ctx));
}

/** The page again, with what is wrong, and the name that a passkey was to have. */
export async function showSignInPage(
  { database }: EndpointServices,
  ctx: Ctx,
  fault?: string,
  passkey_name?: string,
): Promise<void> {
  const row = await call(database, api.account_sign_in_show, person(ctx));
  const csrf = presentedCsrfToken(ctx);
  const status = fault === undefined ? 200 : fault === 'again' ? 403 : 400;
  // What makes the form for new recovery codes count once.
  const once = newSecret().secret;
  const data = { section: 'sign-in', ...row, csrf, once, fault, shortest, passkey_name };
  render(ctx, 'account_sign_in', data, { status, passkeys: row.second_factor !== null });
}

/** Sets the password, and goes on in a new session. */
export function changePassword(services: EndpointServices): Endpoint {
  const change = async (ctx: Ctx) => {
    const names = ['csrf', 'password', 'repeated'];
    const { csrf, password = '', repeated } = requireReadable(parameters(ctx), names).values;
    if (csrf === undefined) throw new OAuthError('csrf_mismatch', 'no csrf token');
    if ([...password].length < shortest) return showSignInPage(services, ctx, 'short');
    if (password !== repeated) return showSignInPage(services, ctx, 'different');
    const { database, queues } = services;
    // Nothing is derived for whoever is not signed in.
    await call(database, api.account_sign_in_show, person(ctx));
    const made = await queues.derivations.run(turnOf(ctx), () => newPassword(password));
    const session = newSession(ctx);
    const { session_expires_at } = await call(database, api.account_password_set, {
      ...personWithForm(ctx, csrf),
      next_password_salt: made.salt,
      next_password_params: made.parameters,
      next_password_hash: made.verifier,
      ...session.next,
    });
    if (session_expires_at !== null) startSession(ctx, session.secret, session_expires_at);
    flash(ctx, 'password_changed');
    goTo(ctx, pathOf('sign-in'));
  };
  const again = (ctx: Ctx) => showSignInPage(services, ctx, 'again');
  return accountForm(services, 'sign-in', change, { secret: ['password', 'repeated'], again });
}
