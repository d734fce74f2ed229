// RFC 9126 2, RFC 9449 10.1: the pushed authorization request endpoint.

import { api } from '../../db/bindings.ts';
import { ask, Refusal } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { caller } from '../../http/ctx.ts';
import { clientDocuments } from '../../outbound/client-documents.ts';
import { credentialNames } from '../../protocol/client-auth.ts';
import { malformed, OAuthError } from '../../protocol/errors.ts';
import { requireReadable } from '../../protocol/params.ts';
import { pushedRequestUri } from '../../protocol/pushed-request.ts';
import { newSecret } from '../../protocol/secrets.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { possessionOf } from '../proven-keys.ts';
import { clientIdentity } from '../token/client-identity.ts';
import { requestReader } from './request.ts';

const names = [...credentialNames, 'request_uri'] as const;

/** Keeps an authorization request for the browser that its client is about to send, and says how to refer to it. */
export function pushRequest(services: EndpointServices): Endpoint {
  const { database } = services;
  const takeDocument = clientDocuments(services);
  const readRequest = requestReader(services);
  return async (ctx) => {
    const sent = parameters(ctx);
    const { values } = requireReadable(sent, names);
    if (values.request_uri !== undefined) throw malformed('request_uri cannot be pushed');
    const pushed = newSecret();
    const possession = await possessionOf(services, ctx);
    const decide = async () => {
      const identity = await clientIdentity(services, ctx, values);
      const { client_id } = identity;
      const { args, detail } = await readRequest(ctx, { ...sent, client_id }).catch(asInvalid);
      const answer = { ...identity, possession, ...args, pushed_hash: pushed.hash };
      const row = await ask(database, api.authorization_push, answer);
      if (row.error !== null) {
        const said = row.detail ?? (row.error === args.error ? detail : undefined) ?? null;
        throw new Refusal(row.error, row.reason, { ...row, detail: said });
      }
      if (row.next === 'push') return row;
      await takeDocument(caller(ctx), client_id);
      return undefined;
    };
    // Once more where the client is known only now: its keys are in the document too.
    const row = (await decide()) ?? (await decide());
    if (row === undefined) throw new TypeError('the document was stored, and is asked for again');
    ctx.status = 201;
    ctx.set('Cache-Control', 'no-store');
    ctx.body = {
      request_uri: pushedRequestUri(row.expires_at, pushed.secret),
      expires_in: row.expires_in,
    };
  };
}

/** RFC 9126 2.3: the errors of RFC 6749, in which a redirect URI that is none is a request that is malformed. */
function asInvalid(failure: unknown): never {
  if (!(failure instanceof OAuthError) || failure.error !== 'invalid_redirect_uri') throw failure;
  const detail = 'redirect_uri is no URI';
  throw new OAuthError('invalid_request', failure.reason, { detail });
}
