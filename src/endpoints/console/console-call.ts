// A page of the console is one call, by the session of whoever is signed in.
import { api } from '../../db/bindings.ts';
import { ask } from '../../db/call.ts';
import { type Ctx, caller } from '../../http/ctx.ts';
import type { Versions } from '../../http/form-version.ts';
import { presentedSession } from '../../http/session.ts';
import { type ErrorCode, OAuthError } from '../../protocol/errors.ts';
import { secretHash } from '../../protocol/secrets.ts';
import { storable } from '../admin-api/admin-operation.ts';
import type { EndpointServices } from '../endpoint.ts';
import type { Call } from './console-page.ts';

export type Result = {
  error: string | null;
  detail: string | null;
  value: unknown;
  versions?: Versions | null;
};

/** What the operations of a page gave, and to whom. */
export type Shown = {
  username: string;
  may_write: boolean;
  results: Result[];
  /** Whether the form was sent before: nothing was done now. */
  repeated: boolean;
};

/** What a form carries; `once` = its own key, where it is to count once, `versions` = what it was made from. */
export type Sent = {
  csrf?: string | undefined;
  once?: string | undefined;
  versions?: Versions | undefined;
};

/** The operations of a page in order; undefined where nobody is signed in. */
export async function perform(
  { database }: EndpointServices,
  ctx: Ctx,
  calls: Call[],
  { csrf, once, versions }: Sent = {},
): Promise<Shown | undefined> {
  const row = await ask(database, api.admin_page, {
    ...caller(ctx),
    ...presentedSession(ctx),
    csrf_hash: csrf === undefined ? null : secretHash(csrf),
    form_hash: once === undefined ? null : secretHash(once),
    versions: versions ?? null,
    operations: calls.map(({ operation }) => operation),
    arguments: calls.map((one) => storable(one.arguments)),
  });
  if (row.error === 'login_required') return undefined;
  if (row.error !== null) throw new OAuthError(row.error as ErrorCode, row.reason ?? '');
  return { ...row, results: row.results as Result[] };
}
