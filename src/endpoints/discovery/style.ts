import { accentSheet } from '../../http/accent.ts';
import { stylesheetOf } from '../../http/stylesheet.ts';
import type { Endpoint } from '../endpoint.ts';

/** The stylesheet of every page; with `preview` that of a colour which is not set yet, for one part of a page. */
export const style = (): Endpoint => (ctx) => {
  const [preview] =
    /^[0-9a-f]{6}$/.exec(new URLSearchParams(ctx.querystring).get('preview') ?? '') ?? [];
  ctx.type = 'css';
  ctx.set('Cache-Control', 'public, max-age=3600');
  ctx.body =
    preview === undefined ? stylesheetOf(ctx.state.tenant) : accentSheet(`#${preview}`, '.preview');
};
