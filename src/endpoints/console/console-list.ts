// A list of the console, a page after the other by keyset.
import type { Ctx } from '../../http/ctx.ts';
import { pageRows } from './console-page.ts';
import type { Found } from './console-path.ts';

/** Leaves of the list of a page as many rows as it shows; where it begins and goes on, if it does. */
export function cutList(ctx: Ctx, { page, asked }: Found, values: Record<string, unknown>) {
  const { list } = page;
  const rows = list && values[list.operation];
  if (list === undefined || !Array.isArray(rows)) return {};
  values[list.operation] = rows.slice(0, pageRows);
  const isFirst = asked.after === undefined && asked.after_client === undefined;
  return {
    first: isFirst ? undefined : queryWith(ctx, { after: null, after_client: null }),
    next: rows.length > pageRows ? queryWith(ctx, list.after(rows[pageRows - 1])) : undefined,
  };
}

/** The query with other parameters; null = without. */
function queryWith(ctx: Ctx, parameters: Record<string, unknown>): string {
  const query = new URLSearchParams(ctx.querystring);
  for (const [name, value] of Object.entries(parameters)) {
    query.delete(name);
    if (value !== null) query.set(name, String(value));
  }
  return `?${query}`;
}
