// RFC 6749 4.1.1, RFC 9126 4, OpenID Connect Core 3.1.2: the authorization endpoint.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { parameters } from '../../http/body.ts';
import { browserHash } from '../../http/browser-cookie.ts';
import { caller } from '../../http/ctx.ts';
import { refuse } from '../../http/refuse.ts';
import { codeSecret, presentedSession } from '../../http/session.ts';
import { clientDocuments } from '../../outbound/client-documents.ts';
import { readLocales } from '../../protocol/authorization-values.ts';
import { readParameters } from '../../protocol/params.ts';
import { pushedReference } from '../../protocol/pushed-request.ts';
import { assembleToken, newSecret } from '../../protocol/secrets.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { requestReader } from './request.ts';
import { respond } from './send-response.ts';

/** Takes an authorization request: answers it, or sends the browser on to login or consent. */
export function authorize(services: EndpointServices): Endpoint {
  const { database } = services;
  const takeDocument = clientDocuments(services);
  const readRequest = requestReader(services);
  return async (ctx) => {
    const read = async () => {
      try {
        const sent = parameters(ctx);
        ctx.state.locales = readLocales(readParameters(sent, ['ui_locales']).values.ui_locales);
        const pushed = pushedReference(sent);
        return pushed ? { pushed } : { request: await readRequest(ctx, sent) };
      } catch (failure) {
        // What has nowhere to be answered to is recorded, and refused on a page.
        return refuse(database, ctx, 'authorization.request', failure);
      }
    };
    const handle = newSecret();
    const code = codeSecret(ctx, handle.hash);
    const browser = {
      ...caller(ctx),
      ...presentedSession(ctx),
      request_hash: handle.hash,
      code_hash: code.hash,
      // A cross-site POST brings no SameSite=Lax cookie: such a request is taken up by GET.
      browser_hash: ctx.method === 'POST' ? null : browserHash(ctx, handle.hash),
    };
    const decide = async () => {
      const { pushed, request } = await read();
      if (pushed) return call(database, api.pushed_request_begin, { ...browser, ...pushed });
      const row = await call(database, api.authorization_begin, { ...browser, ...request.args });
      if (row.next === 'document') {
        await takeDocument(caller(ctx), request.args.client_id);
        return undefined;
      }
      if (row.next !== 'respond') return row;
      return { ...row, response_detail: row.response_detail ?? request.detail ?? null };
    };
    // Once more where the client is known only now: its keys are in the document too.
    const row = (await decide()) ?? (await decide());
    if (row === undefined || row.next === 'document')
      throw new TypeError('the document was stored, and is asked for again');
    if (row.next === 'respond') return respond(services, ctx, row, code.secret);
    const query = new URLSearchParams({
      request: assembleToken('request', row.request_expires_at, handle.secret),
    });
    ctx.status = 303;
    ctx.set('Location', `${ctx.state.tenant.path}/oauth/continue?${query}`);
  };
}
