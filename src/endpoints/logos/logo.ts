import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { caller } from '../../http/ctx.ts';
import { OAuthError } from '../../protocol/errors.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';

/** A logo by its SHA-256: what is at such a URL never changes. */
export function showLogo({ database }: EndpointServices): Endpoint {
  return async (ctx) => {
    const digest = String(ctx.params.digest);
    if (!/^[0-9a-f]{64}$/.test(digest)) throw new OAuthError('not_found', 'not a SHA-256');
    const logo_digest = Buffer.from(digest, 'hex');
    const row = await call(database, api.logo_show, { ...caller(ctx), logo_digest });
    ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
    // Opened as a page of its own it may do nothing.
    ctx.set('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'; sandbox");
    ctx.type = row.media_type ?? '';
    ctx.body = row.image;
  };
}
