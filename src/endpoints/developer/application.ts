// The developer portal: one application, and what is done with it but changing it.
import { api } from '../../db/bindings.ts';
import { ask, call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import type { Ctx } from '../../http/ctx.ts';
import { flash } from '../../http/flash.ts';
import { render } from '../../http/render.ts';
import { presentedCsrfToken } from '../../http/session.ts';
import { type ErrorCode, OAuthError } from '../../protocol/errors.ts';
import { requireReadable } from '../../protocol/params.ts';
import { newLastingSecret, newSecret, secretHash } from '../../protocol/secrets.ts';
import { goTo, person, personWithForm, signIn } from '../account/person.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { showRepeated, showSecret } from './applications.ts';
import {
  developerForm,
  developerPage,
  type Faults,
  faultsOf,
  home,
  named,
  pathOf,
  readMessage,
} from './developer.ts';
import { snippetsOf } from './snippets.ts';
import { answerUri } from './try.ts';

export function showApplication(services: EndpointServices): Endpoint {
  return developerPage(services, (ctx) => show(services, ctx));
}

type Typed = { message?: string } & Partial<
  Record<'action' | 'overlap' | 'confirmed_name' | 'once', string | undefined>
>;
type Problem = { faults?: Faults; fault?: 'again'; typed?: Typed };

async function show({ database }: EndpointServices, ctx: Ctx, problem: Problem = {}) {
  const client_id = named(ctx);
  const row = await call(database, api.developer_client_show, {
    ...person(ctx),
    client_id,
    kind: null,
  });
  const page = row.page as { client: Parameters<typeof snippetsOf>[0] } & Record<string, unknown>;
  const { faults = {}, typed = {} } = problem;
  const is_wrong = problem.fault !== undefined || Object.keys(faults).length > 0;
  const shown = { ...row, ...page, ...problem, faults, typed, is_wrong };
  const { issuer } = ctx.state.tenant;
  const more = {
    csrf: presentedCsrfToken(ctx),
    // The same where the page is shown again: what makes a form of a secret count once.
    once: typed.once ?? newSecret().secret,
    issuer,
    to: pathOf(client_id),
    snippets: snippetsOf({ ...page.client, issuer }),
    answer_uri: answerUri(ctx),
  };
  render(ctx, 'developer_application', { ...shown, ...more }, is_wrong ? { status: 400 } : {});
}

/** Asks the developer to sign in once more, for what needs that, and come back. */
export function signInForApplication(services: EndpointServices): Endpoint {
  return (ctx) => signIn(services, ctx, pathOf(named(ctx)), ['login']);
}

/** For how long, in seconds, the other secrets stay when a new one comes. */
const overlaps: Record<string, number | null> = { day: 86_400, week: 604_800, none: 0, all: null };

type Asked = ReturnType<typeof personWithForm> & { client_id: string };

/** Does what a form of the page asks for; what was typed is kept where that is refused. */
export function decideApplication(services: EndpointServices): Endpoint {
  return developerForm(services, async (ctx) => {
    const names = ['csrf', 'action', 'secret_id', 'overlap', 'confirmed_name', 'once'];
    const { csrf, action, ...values } = requireReadable(parameters(ctx), names).values;
    const asked: Asked = { ...personWithForm(ctx, csrf), client_id: named(ctx) };
    const message = readMessage(ctx);
    const secret = newLastingSecret('client_secret');
    const row = await perform(services, asked, { action, message, ...values }, secret.hash);
    const { overlap, confirmed_name, once } = values;
    const typed = { action, message, overlap, confirmed_name, once };
    if (row.error === 'csrf_mismatch') return show(services, ctx, { typed, fault: 'again' });
    if (row.error === 'invalid_request' && row.faults !== null)
      return show(services, ctx, { typed, faults: faultsOf(row.faults) });
    // Another tab was faster, or who reviews: the page as it is now says what there is to do.
    if (
      row.error === 'access_denied' ||
      (row.error === 'not_found' && action === 'secret_remove')
    ) {
      flash(ctx, 'moved_on');
      return goTo(ctx, pathOf(asked.client_id));
    }
    if (row.error !== null) throw new OAuthError(row.error as ErrorCode, row.reason ?? '');
    if (row.secret) return showSecret(ctx, asked.client_id, secret.secret);
    if (row.repeated) return showRepeated(ctx, asked.client_id);
    if (action === 'remove') flash(ctx, 'application_removed');
    else flash(ctx, action === 'submit' ? 'submitted' : 'saved');
    goTo(ctx, action === 'remove' ? home : pathOf(asked.client_id));
  });
}

type Sent = { action: string | undefined; message: string } & Partial<Record<string, string>>;

function perform({ database }: EndpointServices, asked: Asked, sent: Sent, secret_hash: Buffer) {
  const { action, message, secret_id = '', overlap = '', confirmed_name = '', once } = sent;
  switch (action) {
    case 'submit':
      return ask(database, api.developer_client_submit, { ...asked, message });
    case 'withdraw':
      return ask(database, api.developer_client_withdraw, asked);
    case 'remove':
      return ask(database, api.developer_client_remove, { ...asked, confirmed_name });
    case 'secret_remove':
      return ask(database, api.developer_secret_remove, { ...asked, secret_id });
    case 'secret_add': {
      const retire_others_after = overlaps[overlap];
      if (retire_others_after === undefined) break;
      const form_hash = once === undefined ? null : secretHash(once);
      const made = { next_secret_hash: secret_hash, retire_others_after, form_hash };
      return ask(database, api.developer_secret_add, { ...asked, ...made });
    }
  }
  throw new OAuthError('invalid_request', 'the form asks for nothing that there is');
}
