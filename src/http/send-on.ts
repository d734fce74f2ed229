// Where a browser goes next, when that is not a page of ours.
import type { Ctx } from './ctx.ts';
import { render } from './render.ts';

/**
 * Sends the browser to a URL. Chromium holds a form's policy (CSP 3, form-action) against every redirect that the form
 * ends in, those of the client's servers included, which nobody can list. A page between ends what the form began: it
 * goes on by itself, and its policy is about forms that it hasn't got.
 */
export function sendOn(ctx: Ctx, url: string): void {
  ctx.set('Cache-Control', 'no-store');
  if (begunByOwnForm(ctx) && /^https?:/.test(url)) {
    render(ctx, 'send_on', { url, host: new URL(url).host });
    return;
  }
  // An application on the device takes what comes of a press of a button, and not always what a page does by itself:
  // the form's policy names its scheme.
  ctx.status = 303;
  ctx.set('Location', url);
}

/** Whether it may be: all hops of this navigation were ours, and it is no frame, in which our pages are not shown. */
function begunByOwnForm(ctx: Ctx): boolean {
  return ctx.get('sec-fetch-site') === 'same-origin' && ctx.get('sec-fetch-dest') === 'document';
}
