// What the signed-in person allowed: seen and revoked by the person.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parametersOrJson } from '../../http/body.ts';
import { type Ctx, caller } from '../../http/ctx.ts';
import { flash } from '../../http/flash.ts';
import { presentedCsrfToken, presentedSession } from '../../http/session.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { requireReadable } from '../../protocol/params.ts';
import { accountForm, goTo, pathOf, personWithForm } from '../account/person.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';

/** Lists the grants, with the token that a revocation needs; people see them on the page of their account. */
export function listConsents({ database }: EndpointServices): Endpoint {
  return async (ctx) => {
    ctx.set('Vary', 'Accept, Cookie');
    if (!wantsJson(ctx)) return goTo(ctx, pathOf('applications'));
    const row = await asSignedIn(() =>
      call(database, api.consent_list, { ...caller(ctx), ...presentedSession(ctx) }),
    );
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { consents: row.consents, csrf: presentedCsrfToken(ctx) };
  };
}

/** Revokes one grant of the person, with every token that hangs on it. */
export function revokeConsent(services: EndpointServices): Endpoint {
  const revoke = async (ctx: Ctx) => {
    const { values } = requireReadable(parametersOrJson(ctx), ['grant_id', 'csrf']);
    await call(services.database, api.consent_revoke, {
      ...personWithForm(ctx, values.csrf),
      grant_id: values.grant_id ?? null,
    });
    return values.grant_id;
  };
  const form = accountForm(services, 'applications', async (ctx) => {
    await revoke(ctx);
    flash(ctx, 'access_revoked');
    goTo(ctx, pathOf('applications'));
  });
  return async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    if (!wantsJson(ctx)) return form(ctx);
    ctx.body = { revoked: await asSignedIn(() => revoke(ctx)) };
  };
}

function wantsJson(ctx: Ctx): boolean {
  return ctx.accepts('json', 'html') === 'json';
}

/** Nobody signed in is 401 here: there is no authorization request to send anybody back to. */
async function asSignedIn<Row>(work: () => Promise<Row>): Promise<Row> {
  try {
    return await work();
  } catch (failure) {
    const { error, reason } = failure as { error?: string; reason?: string };
    if (error !== 'login_required') throw failure;
    throw new OAuthError('login_required', reason ?? '', { status: 401 });
  }
}
