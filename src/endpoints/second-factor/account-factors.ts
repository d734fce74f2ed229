// Second factors on the page of the account: set up, renewed, removed.
import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import type { Ctx } from '../../http/ctx.ts';
import { flash } from '../../http/flash.ts';
import { render } from '../../http/render.ts';
import { newSession, presentedCsrfToken, startSession } from '../../http/session.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { requireReadable } from '../../protocol/params.ts';
import { secretHash } from '../../protocol/secrets.ts';
import {
  accountForm,
  accountPage,
  goTo,
  pathOf,
  person,
  personWithForm,
} from '../account/person.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import {
  newRecoveryCodes,
  showCodesRepeated,
  showRecoveryCodes,
  showSetUpAlready,
} from './recovery-codes.ts';
import { newSetUp, openSetUp, stepOf } from './totp.ts';

/** Shows the key of a new authenticator app. */
export function showAuthenticator(services: EndpointServices): Endpoint {
  return accountPage(services, 'sign-in', async (ctx) => {
    showSetUp(services, ctx, await whoSetsUp(services, ctx));
  });
}

/** Whose app it will be; throws where the person has one, or has not signed in lately enough. */
async function whoSetsUp({ database }: EndpointServices, ctx: Ctx) {
  const row = await call(database, api.account_sign_in_show, person(ctx));
  const factors = row.second_factor as { user_id: string; totp: object | null } | null;
  if (!factors || factors.totp) throw new OAuthError('not_found', 'no authenticator app to set up');
  if (!row.recent) {
    throw new OAuthError('insufficient_user_authentication', 'the sign-in is too long ago');
  }
  return { user_id: factors.user_id, username: row.username };
}

function showSetUp(
  services: EndpointServices,
  ctx: Ctx,
  who: { user_id: string; username: string },
  tried?: { key: Buffer | undefined; fault: 'wrong_code' | 'again' },
): void {
  const set_up = newSetUp(services, ctx, who, tried?.key);
  const status = { again: 403, wrong_code: 400, none: 200 }[tried?.fault ?? 'none'];
  const data = { section: 'sign-in', ...who, set_up, fault: tried?.fault };
  render(ctx, 'authenticator', { ...data, csrf: presentedCsrfToken(ctx) }, { status });
}

/** Undefined where the person has an app now: the button was pressed twice, or another tab was faster. */
function setUpMeanwhile(failure: { error?: string }): undefined {
  if (failure.error !== 'not_found' && failure.error !== 'already_exists') throw failure;
}

/** Sets it up once a code was right, and shows the recovery codes. */
export function addAuthenticator(services: EndpointServices): Endpoint {
  const sent = (ctx: Ctx) => requireReadable(parameters(ctx), ['csrf', 'set_up', 'code']).values;
  const add = async (ctx: Ctx) => {
    const { csrf, set_up = '', code = '' } = sent(ctx);
    if (csrf === undefined) throw new OAuthError('csrf_mismatch', 'no csrf token');
    const who = await whoSetsUp(services, ctx).catch(setUpMeanwhile);
    if (who === undefined) return showSetUpAlready(ctx, pathOf('sign-in'));
    const key = openSetUp(services, ctx, who.user_id, set_up);
    const step = key && stepOf(key, code);
    if (!step) return showSetUp(services, ctx, who, { key, fault: 'wrong_code' });
    const session = newSession(ctx);
    const { codes, hashes } = newRecoveryCodes();
    const added = await call(services.database, api.totp_add, {
      ...personWithForm(ctx, csrf),
      sealed_secret: Buffer.from(set_up, 'base64url'),
      totp_step: step,
      recovery_hashes: hashes,
      ...session.next,
    }).catch(setUpMeanwhile);
    if (added === undefined) return showSetUpAlready(ctx, pathOf('sign-in'));
    const { session_expires_at } = added;
    if (session_expires_at !== null) startSession(ctx, session.secret, session_expires_at);
    showRecoveryCodes(ctx, codes, pathOf('sign-in'));
  };
  // The app that was set up meanwhile goes on with the same key.
  const again = async (ctx: Ctx) => {
    const who = await whoSetsUp(services, ctx);
    const key = openSetUp(services, ctx, who.user_id, sent(ctx).set_up ?? '');
    showSetUp(services, ctx, who, { key, fault: 'again' });
  };
  return accountForm(services, 'sign-in', add, { secret: ['code'], again });
}

export function removeAuthenticator(services: EndpointServices): Endpoint {
  return accountForm(services, 'sign-in', async (ctx) => {
    const { csrf } = requireReadable(parameters(ctx), ['csrf']).values;
    await call(services.database, api.totp_remove, personWithForm(ctx, csrf));
    flash(ctx, 'authenticator_removed');
    goTo(ctx, pathOf('sign-in'));
  });
}

/** Shows new recovery codes, which take the place of those of before. */
export function renewRecoveryCodes(services: EndpointServices): Endpoint {
  return accountForm(services, 'sign-in', async (ctx) => {
    const { csrf, once } = requireReadable(parameters(ctx), ['csrf', 'once']).values;
    const { codes, hashes } = newRecoveryCodes();
    const { repeated } = await call(services.database, api.recovery_codes_set, {
      ...personWithForm(ctx, csrf),
      recovery_hashes: hashes,
      form_hash: once === undefined ? null : secretHash(once),
    });
    if (repeated) return showCodesRepeated(ctx);
    showRecoveryCodes(ctx, codes, pathOf('sign-in'));
  });
}
