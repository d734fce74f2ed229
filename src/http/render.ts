// Pages: nunjucks with autoescape, under a content security policy that names all they may do.
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import nunjucks from 'nunjucks';
import { pageLanguages } from '../protocol/lists.ts';
import { webSource } from '../protocol/redirect-uri.ts';
import type { Ctx } from './ctx.ts';
import { takeFlash } from './flash.ts';
import { globalsOf, languageFor, type PageLanguage } from './languages.ts';
import { hasPasskeys, passkeyScriptVersion, passkeySource } from './passkey-script.ts';
import { stylesheet, stylesheetSource, versionOf } from './stylesheet.ts';

const folder = fileURLToPath(new URL('../../templates', import.meta.url));
const environments = Object.fromEntries(
  pageLanguages.map((language) => [language, environmentOf(language)]),
) as Record<PageLanguage, nunjucks.Environment>;

function environmentOf(language: PageLanguage): nunjucks.Environment {
  const environment = new nunjucks.Environment(new nunjucks.FileSystemLoader(folder), {
    autoescape: true,
    throwOnUndefined: false,
  });
  for (const [name, value] of Object.entries(globalsOf(language))) {
    environment.addGlobal(name, value);
  }
  return environment;
}

/** The script of the form_post page, its only line of JavaScript. */
export const formPostScript = readFileSync(`${folder}/form_post.js`, 'utf8').trim();
const formPostSource = `'sha256-${hash('sha256', formPostScript, 'base64')}'`;

type Page = {
  status?: number;
  /** The languages that the application asks for (ui_locales), the first one first. */
  locales?: readonly string[] | undefined;
  /** Where a form of the page may end in a redirect to, besides this server. */
  redirectUri?: string | undefined;
  /** Whether the only form of the page is sent to a client, which redirects on to wherever it likes. */
  formsLeave?: boolean;
  /** Whether the form submits itself. */
  selfSubmitting?: boolean;
  /** Whether the page asks the browser for a passkey, by a script of its own. */
  passkeys?: boolean;
  /** What the page shows in frames. */
  frames?: readonly string[];
};

/** Answers with a page; what it shows is `data`, and the tenant's issuer path as `base`. */
export function render(
  ctx: Ctx,
  template: string,
  data: Record<string, unknown>,
  { status = 200, locales, ...asked }: Page = {},
): void {
  const language = languageFor(ctx, locales ?? ctx.state.locales);
  const page = { ...asked, passkeys: Boolean(asked.passkeys) && hasPasskeys(ctx) };
  ctx.status = status;
  ctx.type = 'html';
  ctx.vary('Accept-Language');
  ctx.set('Content-Language', language);
  ctx.set('Cache-Control', 'no-store');
  ctx.set('Content-Security-Policy', policy(ctx, page));
  ctx.body = environments[language].render(`${template}.njk`, {
    appearance: ctx.state.tenant?.appearance,
    tenant_language: ctx.state.tenant?.appearance?.language,
    base: ctx.state.tenant?.path ?? '',
    tenant_title: ctx.state.tenant?.title,
    passkey_script: page.passkeys && passkeyScriptVersion,
    stylesheet: ctx.state.tenant ? undefined : stylesheet,
    stylesheet_version: versionOf(ctx.state.tenant),
    flash: ctx.state.tenant && takeFlash(ctx),
    request_id: ctx.state.requestId,
    ...data,
  });
}

function policy(
  ctx: Ctx,
  { redirectUri, formsLeave, selfSubmitting, passkeys, frames = [] }: Page,
): string {
  // Browsers apply form-action to the redirects that a form ends in: see send-on.ts for what follows the first.
  const target = redirectUri === undefined ? '' : ` ${webSource(redirectUri)}`;
  return [
    "default-src 'none'",
    `style-src ${ctx.state.tenant ? "'self'" : stylesheetSource}`,
    "img-src 'self' data:",
    ...(selfSubmitting ? [`script-src ${formPostSource}`] : []),
    ...(passkeys ? [`script-src ${passkeySource(ctx)}`, "connect-src 'self'"] : []),
    ...(frames.length > 0 ? [`frame-src ${[...new Set(frames.map(webSource))].join(' ')}`] : []),
    ...(formsLeave ? [] : [`form-action 'self'${target}`]),
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}
