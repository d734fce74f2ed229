import { stylesheet } from '../../http/render.ts';
import type { Endpoint } from '../endpoint.ts';

/** The stylesheet of every page. */
export const style = (): Endpoint => (exchange) => {
  exchange.type = 'css';
  exchange.set('Cache-Control', 'public, max-age=3600');
  exchange.body = stylesheet;
};
