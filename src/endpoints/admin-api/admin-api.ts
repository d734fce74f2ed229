// The admin API: what operators do, for programs with an access token of admins.
import { hash } from 'node:crypto';
import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { authorization, jsonObject } from '../../http/body.ts';
import { type Ctx, caller } from '../../http/ctx.ts';
import { malformed, OAuthError } from '../../protocol/errors.ts';
import { decodeForm } from '../../protocol/params.ts';
import { secretHash } from '../../protocol/secrets.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { certificateOf, possessionOf } from '../proven-keys.ts';
import { accessTokenArguments } from '../token/presented-token.ts';
import {
  type Arguments,
  findOperation,
  type Operation,
  readArguments,
  resultNames,
  storable,
} from './admin-operation.ts';
import { costly, makeArguments, newSecretSalt } from './made-arguments.ts';
import { adminDocument } from './openapi.ts';

const pageLimit = 200;
const usualLimit = 50;

/** Answers with the OpenAPI document of the admin API. */
export function adminApiDocument(): Endpoint {
  return (ctx) => {
    ctx.set('Cache-Control', 'public, max-age=300');
    ctx.body = adminDocument(ctx.state.tenant.issuer);
  };
}

/** Does the operation that method and path name. */
export function adminApi(services: EndpointServices): Endpoint {
  return async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    const presented = await presentedToken(services, ctx);
    const { operation, named } = findOperation(ctx);
    const sent = sentWith(ctx);
    const given = storable(bounded(operation, readArguments(operation, named, sent)));
    const key = idempotencyKey(ctx);
    const salt = newSecretSalt();
    if (costly.includes(operation.operation))
      await requireAdmin(services, ctx, presented, operation);
    const made = await makeArguments(services, ctx, operation, given, { salt, sent });
    const asked = {
      ...caller(ctx),
      ...presented,
      operation: operation.operation,
      if_match: ifMatch(ctx),
      idempotency_hash: key === undefined ? null : secretHash(key),
      content_hash: hash('sha256', JSON.stringify([ctx.method, ctx.path, sent]), 'buffer'),
    };
    const ask = (more: Arguments, secret_salt: Buffer | null) =>
      call(services.database, api.admin_call, {
        ...asked,
        arguments: { ...oneMore(operation, given), ...more },
        secret_salt,
      });
    const row = await ask(made.arguments, Object.keys(made.shown).length === 0 ? null : salt);
    // A repetition shows the secret that was made first.
    const shown =
      row.secret_salt === null
        ? made.shown
        : (
            await makeArguments(services, ctx, operation, given, {
              salt: Buffer.from(row.secret_salt),
              sent,
            })
          ).shown;
    answer(ctx, operation, { ...row, given, shown });
  };
}

/** Refuses strangers before they cost anything. A proof is good for one call, which is the other. */
async function requireAdmin(
  { database }: EndpointServices,
  ctx: Ctx,
  { possession: _, ...token }: Awaited<ReturnType<typeof presentedToken>>,
  { operation }: Operation,
): Promise<void> {
  await call(database, api.admin_find, { ...caller(ctx), ...token, operation });
}

/** Of a list a row more than is shown, which says whether it goes on. */
function oneMore({ page_key }: Operation, given: Arguments): Arguments {
  return page_key === undefined ? given : { ...given, limit: Number(given.limit) + 1 };
}

/** The access token and what proves that it is the sender's, as SQL takes them. */
async function presentedToken(services: EndpointServices, ctx: Ctx) {
  const dpop = authorization(ctx, 'dpop');
  const token = dpop ?? authorization(ctx, 'bearer');
  if (token === undefined) throw new OAuthError('invalid_token', 'no access token');
  const { verifying } = await services.keyring(ctx);
  const possession =
    dpop === undefined ? certificateOf(services, ctx) : await possessionOf(services, ctx, dpop);
  return {
    possession,
    ...(await accessTokenArguments(token, verifying, ctx.state.tenant.issuer)),
  };
}

/** The members of the body, or the parameters of the query. */
function sentWith(ctx: Ctx): Record<string, unknown> {
  if (ctx.method === 'GET' || ctx.method === 'DELETE') {
    const read = decodeForm(ctx.querystring);
    for (const [name, value] of Object.entries(read)) {
      if (Array.isArray(value)) throw malformed(`${name} is repeated`);
    }
    return { ...read };
  }
  return ctx.request.rawBody ? jsonObject(ctx) : {};
}

/** A page is no longer than `pageLimit`. */
function bounded(operation: Operation, given: Arguments): Arguments {
  if (!operation.arguments.some(({ name }) => name === 'limit')) return given;
  const limit = given.limit === undefined ? usualLimit : Number(given.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > pageLimit) {
    throw malformed(`limit must be a whole number from 1 to ${pageLimit}`);
  }
  return { ...given, limit };
}

/** RFC 9651 3.3.3: the key is a string in quotation marks; without them it is taken as well. */
function idempotencyKey(ctx: Ctx): string | undefined {
  const sent = ctx.get('idempotency-key');
  if (sent === '') return undefined;
  const [, quoted, bare] = /^(?:"((?:[ !#-[\]-~]|\\["\\])*)"|([!#-[\]-~]+))$/.exec(sent) ?? [];
  const key = quoted ?? bare ?? '';
  if (key === '' || key.length > 255) {
    throw malformed('Idempotency-Key must be a string of 1 to 255 characters');
  }
  return key;
}

/** RFC 9110 13.1.1: one strong entity tag, or *. */
function ifMatch(ctx: Ctx): string | null {
  const sent = ctx.get('if-match').trim();
  if (sent === '') return null;
  if (sent === '*') return sent;
  // A weak one never matches, nor does a list of which one would have to.
  return /^"([0-9a-f]{32})"$/.exec(sent)?.[1] ?? 'none';
}

type Row = { value: unknown; etag: string | null; given: Arguments; shown: object };

function answer(ctx: Ctx, operation: Operation, { value, etag, given, shown }: Row): void {
  if (etag !== null) {
    ctx.set('ETag', `"${etag}"`);
    if (operation.effect === 'read' && ctx.get('if-none-match') === `"${etag}"`) {
      ctx.status = 304;
      return;
    }
  }
  const name = resultNames[operation.operation];
  const body =
    name !== undefined
      ? { [name]: value, ...shown }
      : Array.isArray(value)
        ? { items: pageOf(ctx, operation, value, given) }
        : { ...(value as object | null), ...shown };
  if (Object.keys(body).length === 0) {
    ctx.status = 204;
    return;
  }
  ctx.status = operation.method === 'POST' && operation.operation.endsWith('_add') ? 201 : 200;
  ctx.body = body;
}

/** As many rows as were asked for; where there are more, the header says how to ask for those (RFC 8288). */
function pageOf(ctx: Ctx, { page_key }: Operation, rows: unknown[], given: Arguments): unknown[] {
  if (page_key === undefined) return rows;
  const shown = rows.slice(0, Number(given.limit));
  if (rows.length > shown.length) {
    const next = new URLSearchParams(ctx.querystring);
    const last = shown.at(-1) as Record<string, unknown>;
    const [first = '', second = ''] = page_key.split(' ');
    const isInSecond = last[first] === null;
    next.delete('after');
    next.set(isInSecond ? 'after_client' : 'after', String(last[isInSecond ? second : first]));
    ctx.set('Link', `<${ctx.state.tenant.issuer}${ctx.path}?${next}>; rel="next"`);
  }
  return shown;
}
