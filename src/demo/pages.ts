// The pages of the demonstration client. They work without JavaScript.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Context } from 'koa';
import nunjucks from 'nunjucks';
import { stylesheet as shared } from '../http/stylesheet.ts';
import { mountPath } from './paths.ts';

const folder = fileURLToPath(new URL('../../templates', import.meta.url));
const environment = new nunjucks.Environment(new nunjucks.FileSystemLoader(folder), {
  autoescape: true,
});

/** The stylesheet of the server's pages, and what the client has besides. */
export const stylesheet = [shared, readFileSync(`${folder}/demo/style.css`, 'utf8')].join('\n');

/** Answers with a page of templates/demo. */
export function show(ctx: Context, page: string, data: Record<string, unknown>): void {
  ctx.type = 'html';
  ctx.body = environment.render(`demo/${page}.njk`, { base: mountPath, ...data });
}

/** Answers with a page that only says something. */
export function say(ctx: Context, status: number, heading: string, text: string): void {
  ctx.status = status;
  show(ctx, 'message', { title: heading, heading, text });
}
