// Passkeys on the page of the account: added, named, removed.
import { api } from '../../db/bindings.ts';
import { ask, call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import type { Ctx } from '../../http/ctx.ts';
import { flash } from '../../http/flash.ts';
import { newSession, startSession } from '../../http/session.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { requireReadable } from '../../protocol/params.ts';
import { newSecret } from '../../protocol/secrets.ts';
import { showSignInPage } from '../account/account-sign-in.ts';
import { accountForm, goTo, pathOf, personWithForm } from '../account/person.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { creationOptions, nameOf, readPresented, verifyCreation } from './passkeys.ts';
import { newRecoveryCodes, showRecoveryCodes } from './recovery-codes.ts';

/** What an authenticator is to make. */
export function beginPasskey({ database }: EndpointServices): Endpoint {
  return async (ctx) => {
    const { csrf } = requireReadable(parameters(ctx), ['csrf']).values;
    const challenge = newSecret();
    const row = await call(database, api.passkey_add_begin, {
      ...personWithForm(ctx, csrf),
      next_challenge_hash: challenge.hash,
    });
    ctx.set('Cache-Control', 'no-store');
    ctx.body = await creationOptions(ctx, challenge.secret, row);
  };
}

/** Keeps a passkey that was made, and shows recovery codes to whoever has none. */
export function addPasskey(services: EndpointServices): Endpoint {
  const names = ['csrf', 'name', 'credential'];
  const sent = (ctx: Ctx) => requireReadable(parameters(ctx), names).values;
  const add = async (ctx: Ctx) => {
    const { csrf, name = '', credential = '' } = sent(ctx);
    if (csrf === undefined) throw new OAuthError('csrf_mismatch', 'no csrf token');
    const presented = readPresented(credential);
    const made = await verifyCreation(ctx, presented);
    const session = newSession(ctx);
    const { codes, hashes } = newRecoveryCodes();
    const outcome = await ask(services.database, api.passkey_add, {
      ...personWithForm(ctx, csrf),
      ...presented.named,
      ...made,
      ...session.next,
      next_credential_id: presented.credential_id,
      passkey_name: nameOf(name),
      recovery_hashes: hashes,
    });
    if (outcome.error !== null) throw new OAuthError(outcome.error, outcome.reason ?? '');
    startSession(ctx, session.secret, outcome.session_expires_at);
    if (outcome.recovery_codes) return showRecoveryCodes(ctx, codes, pathOf('sign-in'));
    flash(ctx, 'passkey_added');
    goTo(ctx, pathOf('sign-in'));
  };
  // What was made is for a challenge of the session before; its name is kept.
  const again = (ctx: Ctx) => showSignInPage(services, ctx, 'again', sent(ctx).name);
  return accountForm(services, 'sign-in', add, { secret: ['credential'], again });
}

export function removePasskey(services: EndpointServices): Endpoint {
  return accountForm(services, 'sign-in', async (ctx) => {
    const { csrf, passkey = '' } = requireReadable(parameters(ctx), ['csrf', 'passkey']).values;
    await call(services.database, api.passkey_remove, {
      ...personWithForm(ctx, csrf),
      credential_id: Buffer.from(passkey, 'hex'),
    });
    flash(ctx, 'passkey_removed');
    goTo(ctx, pathOf('sign-in'));
  });
}
