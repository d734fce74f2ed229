// A form whose session has ended meanwhile.
import { parameters } from './body.ts';
import type { Ctx } from './ctx.ts';
import { render } from './render.ts';

/** Keeps what was typed in the page that asks to sign in, at `page` in another tab; what is secret is in no HTML. */
export function keepTyped(ctx: Ctx, page: string, secret: readonly string[] = []): void {
  const kept = Object.entries(parameters(ctx))
    .filter(([name]) => name !== 'csrf' && !secret.includes(name))
    .flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  const { path } = ctx.state.tenant;
  render(ctx, 'signed_out', { page: path + page, action: path + ctx.path, kept }, { status: 401 });
}
