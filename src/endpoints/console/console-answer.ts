// What a form of the console is answered once it is done.
import type { Ctx } from '../../http/ctx.ts';
import { flash } from '../../http/flash.ts';
import { render } from '../../http/render.ts';
import type { Operation } from '../admin-api/admin-operation.ts';
import type { Shown } from './console-call.ts';
import type { Found } from './console-path.ts';
import { goTo } from './console-sign-in.ts';

/** The list that a page is of. */
export const listOf = ({ page }: Found) => `/oauth/admin/${page.path.split('/')[0]}`;

type Done = { given: Record<string, unknown>; shown: Record<string, string>; username: string };

/** The secret among what was made. */
const secretOf = ({ client_secret, api_key, secret }: Record<string, string>) =>
  client_secret ?? api_key ?? secret;

/** What gets a name of its own, another one each time that it is done. */
const namedAnew = ['client_add', 'key_add'];

/** Whether a form for an operation counts once, however often it is sent: there would be another one, or another secret. */
export const countsOnce = ({ operation }: Operation, shown: Record<string, string>) =>
  secretOf(shown) !== undefined || namedAnew.includes(operation);

/** Says of a form that is sent again that it counts once; `shown` is what it would have shown. */
export function showRepeated(
  ctx: Ctx,
  found: Found,
  { username, shown }: Shown & { shown: Record<string, string> },
): void {
  if (secretOf(shown) === undefined) {
    flash(ctx, 'done_already');
    goTo(ctx, listOf(found));
  } else {
    const { section } = found.page;
    const data = { section, username_of_admin: username, to: ctx.path };
    render(ctx, 'console_repeated', data, { status: 409 });
  }
}

/** Secrets are shown at once, and never again; anything else is a redirect. */
export function answerChange(ctx: Ctx, found: Found, { operation }: Operation, done: Done): void {
  const secret = secretOf(done.shown);
  const made = operation === 'client_add' && `/${encodeURIComponent(String(done.given.client_id))}`;
  const to = `${listOf(found)}${made || ''}`;
  if (secret !== undefined) {
    const { username, given } = done;
    const data = { section: found.page.section, username_of_admin: username, secret, to };
    render(ctx, 'console_secret', { ...data, client_id: given.client_id });
    return;
  }
  flash(ctx, 'saved');
  goTo(ctx, made || operation.endsWith('_remove') ? to : `${ctx.path}${ctx.search}`);
}
