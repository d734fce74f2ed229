import Koa from 'koa';
import type { WebContext } from '../context.ts';

/** The web application. */
export function createApp(_context: WebContext): Koa {
  return new Koa();
}
