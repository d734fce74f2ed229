// The account of the person who is signed in: what may use it, and where they are signed in.
import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { flash } from '../../http/flash.ts';
import { render } from '../../http/render.ts';
import { clearSession, presentedCsrfToken } from '../../http/session.ts';
import { requireReadable } from '../../protocol/params.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import {
  accountForm,
  accountPage,
  goTo,
  pathOf,
  person,
  personWithForm,
  type Section,
  sections,
  signIn,
} from './person.ts';

const pageRows = 50;

/** {issuer}/account, which people type and bookmark: cookies are for what is below /oauth. */
export const findAccount = (): Endpoint => (ctx) => goTo(ctx, pathOf('applications'));

/** What may use the account. */
export function showApplications(services: EndpointServices): Endpoint {
  return accountPage(services, 'applications', async (ctx) => {
    const row = await call(services.database, api.consent_list, person(ctx));
    const csrf = presentedCsrfToken(ctx);
    render(ctx, 'account_applications', { section: 'applications', ...row, csrf });
  });
}

/** Where the person is signed in. */
export function showSessions(services: EndpointServices): Endpoint {
  return accountPage(services, 'sessions', async (ctx) => {
    const { after = null } = requireReadable(ctx.query, ['after']).values;
    const row = await call(services.database, api.account_session_list, { ...person(ctx), after });
    const found = row.sessions as { session_id: string }[];
    const sessions = found.slice(0, pageRows);
    const next = found.length > pageRows && sessions.at(-1)?.session_id;
    const csrf = presentedCsrfToken(ctx);
    render(ctx, 'account_sessions', { section: 'sessions', ...row, sessions, after, next, csrf });
  });
}

/** Ends one session, or without `session_id` all of them. */
export function endSession(services: EndpointServices): Endpoint {
  return accountForm(services, 'sessions', async (ctx) => {
    const { csrf, session_id } = requireReadable(parameters(ctx), ['csrf', 'session_id']).values;
    await call(services.database, api.account_session_end, {
      ...personWithForm(ctx, csrf),
      ended_session_id: session_id ?? null,
    });
    if (session_id === undefined) clearSession(ctx);
    flash(ctx, session_id === undefined ? 'signed_out_everywhere' : 'session_ended');
    goTo(ctx, pathOf('sessions'));
  });
}

/** Asks somebody who is signed in to sign in once more, for what needs that. */
export function signInAgain(services: EndpointServices): Endpoint {
  return async (ctx) => {
    const { section } = requireReadable(parameters(ctx), ['section']).values;
    const known: Section = sections.find((one) => one === section) ?? 'applications';
    await signIn(services, ctx, pathOf(known), ['login']);
  };
}
