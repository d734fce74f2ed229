// The developer portal: the applications of whoever is signed in, and bringing and changing one.
import { api } from '../../db/bindings.ts';
import { ask, call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import type { Ctx } from '../../http/ctx.ts';
import { flash } from '../../http/flash.ts';
import { type Versions, versionField, versionsIn } from '../../http/form-version.ts';
import { render } from '../../http/render.ts';
import { presentedCsrfToken } from '../../http/session.ts';
import { type ErrorCode, OAuthError } from '../../protocol/errors.ts';
import { requireReadable } from '../../protocol/params.ts';
import { newLastingSecret, newSecret, secretHash } from '../../protocol/secrets.ts';
import { goTo, person, personWithForm } from '../account/person.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import {
  developerForm,
  developerPage,
  type Faults,
  faultsOf,
  home,
  type Kind,
  kinds,
  named,
  pathOf,
  readMessage,
  readTyped,
  type Typed,
} from './developer.ts';
import { answerUri } from './try.ts';

const pageRows = 50;

/** {issuer}/developer, which people type and bookmark: cookies are for what is below /oauth. */
export const findDeveloper = (): Endpoint => (ctx) => goTo(ctx, home);

export function listApplications(services: EndpointServices): Endpoint {
  return developerPage(services, async (ctx) => {
    const { after = null } = requireReadable(ctx.query, ['after']).values;
    const row = await call(services.database, api.developer_client_list, { ...person(ctx), after });
    const { clients, ...page } = row.page as { clients: { client_id: string }[] };
    const shown = clients.slice(0, pageRows);
    const next = clients.length > pageRows && shown.at(-1)?.client_id;
    render(ctx, 'developer_applications', { ...row, ...page, clients: shown, next });
  });
}

type Form = {
  client_id?: string;
  kind?: Kind;
  typed?: Typed;
  message?: string;
  faults?: Faults;
  fault?: 'again' | 'quota' | 'moved_on';
  /** What the form was made from, where it is shown again. */
  version?: string | undefined;
  /** What somebody has changed since, as it is now. */
  moved?: object | null;
  /** What makes the form count once: the same where it is shown again. */
  once?: string | undefined;
};

/** Shows the form of a new application, or of one; where something is wrong, with what was typed. */
async function showForm({ database }: EndpointServices, ctx: Ctx, form: Form): Promise<void> {
  const { client_id, kind, typed, faults = {}, fault, moved, once = newSecret().secret } = form;
  const row = await call(database, api.developer_client_show, {
    ...person(ctx),
    client_id: client_id ?? null,
    kind: kind ?? null,
  });
  const { client, ...page } = row.page as {
    client: { kind: Kind; proposed: Typed | null } | null;
    versions: Versions | null;
    kinds: Kind[];
  };
  const csrf = presentedCsrfToken(ctx);
  const is_wrong = fault !== undefined || moved != null || Object.keys(faults).length > 0;
  const here = `${ctx.state.tenant.path}${ctx.path}`;
  const shown = {
    ...row,
    ...page,
    client,
    csrf,
    once,
    here,
    answer_uri: answerUri(ctx),
    kind: client?.kind ?? page.kinds.find((one) => one === kind),
    faults,
    fault,
    moved,
    version: form.version ?? versionField(page.versions),
  };
  const status = { moved_on: 403, again: 400, quota: 400 }[fault ?? 'again'];
  render(
    ctx,
    'developer_form',
    {
      ...shown,
      is_wrong,
      typed: typed ?? client?.proposed ?? client ?? {},
      message_typed: form.message,
    },
    is_wrong ? { status: moved ? 409 : status } : {},
  );
}

const kindOf = (text: string | undefined) => kinds.find((kind) => kind === text);

export function newApplication(services: EndpointServices): Endpoint {
  return developerPage(services, async (ctx) => {
    const kind = kindOf(requireReadable(ctx.query, ['kind']).values.kind);
    await showForm(services, ctx, { ...(kind && { kind }) });
  });
}

/** Brings an application; its secret is shown at once, and never again. */
export function addApplication(services: EndpointServices): Endpoint {
  return developerForm(services, async (ctx) => {
    const names = ['csrf', 'kind', 'once'];
    const { csrf, kind: sent, once } = requireReadable(parameters(ctx), names).values;
    const kind = kindOf(sent);
    if (kind === undefined) throw new OAuthError('invalid_request', 'no kind of application');
    const typed = readTyped(ctx);
    const secret = newLastingSecret('client_secret');
    const row = await ask(services.database, api.developer_client_add, {
      ...personWithForm(ctx, csrf),
      kind,
      metadata: typed,
      next_secret_hash: secret.hash,
      form_hash: once === undefined ? null : secretHash(once),
    });
    const form = { kind, typed, once };
    const faults = faultsOf(row.faults);
    if (row.error === 'invalid_request') return showForm(services, ctx, { ...form, faults });
    if (row.error === 'csrf_mismatch') return showForm(services, ctx, { ...form, fault: 'again' });
    if (row.error === 'access_denied') return showForm(services, ctx, { ...form, fault: 'quota' });
    if (row.error !== null) throw new OAuthError(row.error as ErrorCode, row.reason ?? '');
    const client_id = String(row.client_id);
    if (row.secret) return showSecret(ctx, client_id, secret.secret);
    if (row.repeated && kind !== 'app') return showRepeated(ctx, client_id);
    flash(ctx, 'saved');
    goTo(ctx, pathOf(client_id));
  });
}

/** Shows a secret that was just made. */
export function showSecret(ctx: Ctx, client_id: string, secret: string): void {
  render(ctx, 'developer_secret', { client_id, secret, to: pathOf(client_id) });
}

/** Says of a form that showed a secret, and is sent again, that it counts once. */
export function showRepeated(ctx: Ctx, client_id: string): void {
  render(ctx, 'developer_repeated', { client_id, to: pathOf(client_id) }, { status: 409 });
}

export function editApplication(services: EndpointServices): Endpoint {
  return developerPage(services, (ctx) => showForm(services, ctx, { client_id: named(ctx) }));
}

export function changeApplication(services: EndpointServices): Endpoint {
  return developerForm(services, async (ctx) => {
    const { csrf, version } = requireReadable(parameters(ctx), ['csrf', 'version']).values;
    const client_id = named(ctx);
    const [typed, message] = [readTyped(ctx), readMessage(ctx)];
    const row = await ask(services.database, api.developer_client_set, {
      ...personWithForm(ctx, csrf),
      client_id,
      metadata: typed,
      message,
      versions: versionsIn(version) ?? null,
    });
    if (row.error === 'precondition_failed')
      return showForm(services, ctx, { client_id, typed, message, moved: row.moved as object });
    const form = { client_id, typed, message, version };
    if (row.error === 'invalid_request')
      return showForm(services, ctx, { ...form, faults: faultsOf(row.faults) });
    if (row.error === 'csrf_mismatch') return showForm(services, ctx, { ...form, fault: 'again' });
    if (row.error === 'access_denied')
      return showForm(services, ctx, { ...form, fault: 'moved_on' });
    if (row.error !== null) throw new OAuthError(row.error as ErrorCode, row.reason ?? '');
    flash(ctx, row.in_review ? 'submitted' : 'saved');
    goTo(ctx, pathOf(client_id));
  });
}
