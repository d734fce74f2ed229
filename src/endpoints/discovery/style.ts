import type { Endpoint } from '../../http/ctx.ts';
import { stylesheet } from '../../http/render.ts';

/** The stylesheet of every page. */
export const style = (): Endpoint => (exchange) => {
  exchange.type = 'css';
  exchange.set('Cache-Control', 'public, max-age=3600');
  exchange.body = stylesheet;
};
