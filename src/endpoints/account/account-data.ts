// What is known of the person, as a file, and the end of the account.
import { api } from '../../db/bindings.ts';
import { ask, call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import type { Ctx } from '../../http/ctx.ts';
import { render } from '../../http/render.ts';
import { clearSession, presentedCsrfToken } from '../../http/session.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { requireReadable } from '../../protocol/params.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { accountForm, accountPage, person, personWithForm } from './person.ts';

export function showData(services: EndpointServices): Endpoint {
  return accountPage(services, 'data', (ctx) => show(services, ctx));
}

type Problem = { typed?: string; fault?: 'again' };

async function show({ database }: EndpointServices, ctx: Ctx, problem?: Problem): Promise<void> {
  const row = await call(database, api.account_data_show, person(ctx));
  const csrf = presentedCsrfToken(ctx);
  const status = problem === undefined ? 200 : problem.fault ? 403 : 400;
  render(ctx, 'account_data', { section: 'data', ...row, csrf, ...problem }, { status });
}

/** The same, for another program (Regulation (EU) 2016/679, article 20). */
export function downloadData(services: EndpointServices): Endpoint {
  return accountPage(services, 'data', async (ctx) => {
    const { data } = await call(services.database, api.account_data_show, person(ctx));
    ctx.attachment('account.json');
    ctx.type = 'json';
    ctx.body = `${JSON.stringify(data, null, 2)}\n`;
  });
}

/** Removes the account; another username than the person's leaves everything as it is. */
export function deleteAccount(services: EndpointServices): Endpoint {
  const sent = (ctx: Ctx) => requireReadable(parameters(ctx), ['csrf', 'username']).values;
  const again = (ctx: Ctx) => show(services, ctx, { typed: sent(ctx).username, fault: 'again' });
  const remove = async (ctx: Ctx) => {
    const { csrf, username = '' } = sent(ctx);
    const row = await ask(services.database, api.account_delete, {
      ...personWithForm(ctx, csrf),
      username,
    });
    if (row.error === 'invalid_request') return show(services, ctx, { typed: username });
    if (row.error !== null) throw new OAuthError(row.error, row.reason ?? '');
    clearSession(ctx);
    render(ctx, 'account_deleted', {});
  };
  return accountForm(services, 'data', remove, { again });
}
