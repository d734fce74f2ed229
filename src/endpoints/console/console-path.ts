// Which page of the console a path names, and what its query asks for.
import type { Ctx } from '../../http/ctx.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { decodeForm, decodeFormText } from '../../protocol/params.ts';
import type { Asked, Call, ConsolePage } from './console-page.ts';
import { consolePages } from './console-pages.ts';

/** A page, what its path names, and that with what is asked for. */
export type Found = { page: ConsolePage; asked: Asked; named: Record<string, string> };

/** The page at a path; throws not_found. */
export function findPage(ctx: Ctx): Found {
  const segments = ctx.path
    .replace(/^\/oauth\/admin\//, '')
    .split('/')
    .map((segment) => decodeFormText(segment.replaceAll('+', '%2B')));
  for (const page of consolePages) {
    const parts = page.path.split('/');
    if (parts.length !== segments.length) continue;
    if (!parts.every((part, at) => part.startsWith(':') || part === segments[at])) continue;
    const named = Object.fromEntries(
      parts.flatMap((part, at) => (part.startsWith(':') ? [[part.slice(1), segments[at]]] : [])),
    ) as Record<string, string>;
    return { page, named, asked: { ...queryOf(ctx, page.query ?? []), ...named } };
  }
  throw new OAuthError('not_found', 'no page has this path');
}

/** The parameters of the query that a page has; none that is empty. */
export function queryOf(ctx: Ctx, names: readonly string[]): Asked {
  const sent = decodeForm(ctx.querystring);
  const known = names.map((name) => [name, sent[name] === '' ? undefined : sent[name]]);
  return Object.fromEntries(known.map(([name, value]) => [name, [value].flat()[0]])) as Asked;
}

/** What a page shows; where what it was asked for cannot be read, all but that, and why. */
export function readsOf({ page, asked, named }: Found): { calls: Call[]; unread?: string } {
  try {
    return { calls: page.reads(asked) };
  } catch (failure) {
    const { detail } = failure as OAuthError;
    if (!page.asks || detail === undefined) throw failure;
    const calls = page.reads(named).filter(({ operation }) => operation !== page.list?.operation);
    return { calls, unread: detail };
  }
}
