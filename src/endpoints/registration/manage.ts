// RFC 7592 2: a client reads, replaces and removes its registration.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { bearer, jsonObject } from '../../http/body.ts';
import { type Ctx, caller } from '../../http/ctx.ts';
import { invalidField } from '../../protocol/client-fields.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { newLastingSecret, secretHash } from '../../protocol/secrets.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { answerRegistration, readMetadata } from './register.ts';

/** Answers with the registration. */
export function readRegistration({ database }: EndpointServices): Endpoint {
  return async (ctx) => {
    const { token, identity } = identify(ctx);
    const row = await call(database, api.registration_read, identity);
    answerRegistration(ctx, row, { token, secret: '' });
  };
}

/** Replaces all metadata; what is left out is back to its default (RFC 7592 2.2). */
export function replaceRegistration(services: EndpointServices): Endpoint {
  return async (ctx) => {
    const { token, identity } = identify(ctx);
    const { client_id, client_secret, ...sent } = jsonObject(ctx, 'invalid_client_metadata');
    if (client_id !== identity.registered_id) throw invalidField('client_id', 'is another one');
    if (client_secret !== undefined && typeof client_secret !== 'string') {
      throw invalidField('client_secret', 'is not text');
    }
    const { registered_id, registration_hash } = identity;
    const known = { initial_hash: null, registered_id, registration_hash };
    const metadata = await readMetadata(services, ctx, known, sent);
    const secret = newLastingSecret('client_secret');
    const row = await call(services.database, api.registration_replace, {
      ...identity,
      kept_secret_hash: client_secret === undefined ? null : secretHash(client_secret),
      metadata,
      next_secret_hash: secret.hash,
    });
    answerRegistration(ctx, row, { token, secret: secret.secret });
  };
}

/** Removes the client with its grants and tokens. */
export function removeRegistration({ database }: EndpointServices): Endpoint {
  return async (ctx) => {
    const { identity } = identify(ctx);
    await call(database, api.registration_remove, identity);
    ctx.set('Cache-Control', 'no-store');
    ctx.status = 204;
  };
}

/** The ids that registration_add gives. */
const registeredId = /^dc-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The registration that the path names and the token is for. */
function identify(ctx: Ctx) {
  const token = bearer(ctx);
  if (token === undefined) throw new OAuthError('invalid_token', 'no registration access token');
  const registered_id = String(ctx.params.client_id);
  // No other text is looked for or recorded: somebody may have put a secret there.
  if (!registeredId.test(registered_id)) {
    throw new OAuthError('invalid_token', 'no client that has registered has such an id');
  }
  const identity = { ...caller(ctx), registered_id, registration_hash: secretHash(token) };
  return { token, identity };
}
