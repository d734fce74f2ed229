// Which operation a request of the admin API is, and what its arguments are.
import type { Ctx } from '../../http/ctx.ts';
import { malformed, OAuthError } from '../../protocol/errors.ts';
import { jsonFault } from '../../protocol/json.ts';
import { decodeFormText } from '../../protocol/params.ts';
import { operations } from './operations.ts';

export type Argument = { name: string; type: string; required: boolean };

/** An operation as it is generated from SQL. */
export type Operation = {
  operation: string;
  method: string;
  path: string;
  effect: string;
  made: readonly string[];
  description: string;
  arguments: readonly Argument[];
  result: string;
  body?: string;
  page_key?: string;
  columns?: readonly { name: string; type: string; nullable: boolean }[] | undefined;
};

export type Arguments = Record<string, unknown>;

export const adminOperations: readonly Operation[] = operations;

/** Beneath the issuer. */
export const adminPath = '/api/v1';

/** The members of bodies that the web process makes something of, and that SQL does not see. */
export const ownMembers: Readonly<Record<string, readonly string[]>> = {
  user_add: ['password'],
  upstream_add: ['client_secret', 'bot_token'],
  upstream_set: ['client_secret', 'bot_token'],
};

/** What an operation that answers with a single value calls it. */
export const resultNames: Readonly<Record<string, string>> = {
  user_add: 'user_id',
  user_remove: 'user_id',
  client_secret_add: 'secret_id',
  credential_add: 'client_id',
  webhook_secret: 'old_secret_expires_at',
  webhook_test: 'event_id',
  webhook_resend: 'events',
  key_add: 'active_at',
};

/** What was made outside SQL, and the answer of an operation shows, once. */
export const shownNames: Readonly<Record<string, string>> = {
  client_add: 'client_secret',
  client_secret_add: 'client_secret',
  credential_add: 'api_key',
  webhook_add: 'secret',
  webhook_secret: 'secret',
  key_add: 'kid',
};

const patterns = adminOperations.map((operation) => ({
  operation,
  names: namesOf(operation.path),
}));

/** The names in braces, at their places among the segments of a path. */
function namesOf(path: string): { segment: string; name: string | undefined }[] {
  return path
    .split('/')
    .slice(1)
    .map((segment) => ({ segment, name: /^\{(.*)\}$/.exec(segment)?.[1] }));
}

/** The operation that a request asks for, with the arguments of its path; throws not_found, and 405. */
export function findOperation(ctx: Ctx): { operation: Operation; named: Record<string, string> } {
  const segments = ctx.path.slice(adminPath.length + 1).split('/');
  const there = patterns.flatMap(({ operation, names }) => {
    const fits =
      names.length === segments.length &&
      names.every(({ segment, name }, at) => name !== undefined || segment === segments[at]);
    if (!fits) return [];
    const named = names.flatMap(({ name }, at) =>
      name === undefined
        ? []
        : [[name, decodeFormText(segments[at]?.replaceAll('+', '%2B') ?? '')]],
    );
    return [{ operation, named: Object.fromEntries(named) as Record<string, string> }];
  });
  const found = there.find(({ operation }) => operation.method === ctx.method);
  if (found) return found;
  if (there.length === 0) throw new OAuthError('not_found', 'no operation has this path');
  ctx.set('Allow', there.map(({ operation }) => operation.method).join(', '));
  throw new OAuthError('invalid_request', 'not a method of this path', { status: 405 });
}

/** The arguments as they are; throws invalid_request for what PostgreSQL keeps in no text. */
export function storable(given: Arguments): Arguments {
  const fault = jsonFault(given);
  if (fault !== undefined) throw malformed(fault);
  return given;
}

/** What the query or the body adds: arguments by name, and what else a body has as one of them. */
export function readArguments(
  operation: Operation,
  named: Record<string, string>,
  sent: Record<string, unknown>,
): Arguments {
  const own = ownMembers[operation.operation] ?? [];
  const read: Arguments = {};
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(sent)) {
    if (own.includes(name)) continue;
    const argument = operation.arguments.find((one) => one.name === name);
    if (argument !== undefined && name !== operation.body && named[name] === undefined) {
      read[name] = argumentOf(argument, value);
    } else if (operation.body !== undefined) rest[name] = value;
    else throw malformed(`there is no ${name} here`);
  }
  return { ...read, ...(operation.body !== undefined && { [operation.body]: rest }), ...named };
}

/** In a query a list is what spaces part. */
function argumentOf({ type }: Argument, value: unknown): unknown {
  return type.endsWith('[]') && typeof value === 'string'
    ? value.split(' ').filter((one) => one !== '')
    : value;
}
