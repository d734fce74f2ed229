import { stylesheetOf } from '../../http/stylesheet.ts';
import type { Endpoint } from '../endpoint.ts';

/** The stylesheet of every page. */
export const style = (): Endpoint => (ctx) => {
  ctx.type = 'css';
  ctx.set('Cache-Control', 'public, max-age=3600');
  ctx.body = stylesheetOf(ctx.state.tenant);
};
