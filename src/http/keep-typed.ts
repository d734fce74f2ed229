// A form whose session has ended meanwhile, or whose sign-in is too long ago for it.
import { parameters } from './body.ts';
import type { Ctx } from './ctx.ts';
import { render } from './render.ts';

/**
 * Keeps what was typed in the page that asks to sign in, at `page` in another tab; what is secret is in no HTML. `recent`: the person
 * is signed in, and asked to sign in again.
 */
export function keepTyped(
  ctx: Ctx,
  page: string,
  secret: readonly string[] = [],
  recent = false,
): void {
  const kept = Object.entries(parameters(ctx))
    // As long as they have not, the token is good, and they are asked again.
    .filter(([name]) => (name !== 'csrf' || recent) && !secret.includes(name))
    .flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  const { path } = ctx.state.tenant;
  const data = { page: path + page, action: path + ctx.path, kept, recent };
  render(ctx, 'signed_out', data, { status: 401 });
}
