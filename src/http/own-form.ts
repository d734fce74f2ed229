// RFC 9700 4.7 and Fetch Metadata: forms of these pages are sent by these pages.
import type { Middleware } from 'koa';
import { OAuthError } from '../protocol/errors.ts';
import type { State } from './ctx.ts';

/**
 * Refuses a form that another origin sent, its neighbours on the same site included, which a
 * SameSite=Lax cookie does not stop. Browsers without Sec-Fetch-Site are left to the tokens in the
 * forms, which the database checks.
 */
export const requireOwnForm: Middleware<State> = async (ctx, next) => {
  const site = ctx.get('sec-fetch-site');
  if (site !== '' && site !== 'same-origin' && site !== 'none') {
    throw new OAuthError('csrf_mismatch', 'the form was sent from another origin');
  }
  await next();
};
