// Whoever reads a page in one language reads no words of another: every page with something on it, in English and in German.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { consolePages } from '../../src/endpoints/console/console-pages.ts';
import { type Refusals, sayReasons } from '../../src/http/refusals.ts';
import { pageLanguages, publicErrors } from '../../src/protocol/lists.ts';
import { type Acme, discover, obtainTokens, password, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { idIn, pathOf, portalOf, redirect_uri, web } from '../support/developer.ts';
import { addUser } from '../support/issuer.ts';
import { root } from '../support/pages.ts';

const catalogue = (kind: string, language: string) =>
  JSON.parse(readFileSync(join(root, 'templates', kind, `${language}.json`), 'utf8'));
const english: Record<string, string> = catalogue('languages', 'en');
const sameInGerman = new Set(
  Object.entries(catalogue('languages', 'de') as Record<string, string>)
    .filter(([key, text]) => english[key] === text)
    .map(([, text]) => text),
);

const empty = /^(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr|rect|path)$/;
/** What is written by somebody else, or the name of something, and a moment. */
const others = /^(?:bdi|code|pre|time|script|style|textarea)$/;
/** Programs, protocols, and codes that are the same in every language. */
const names =
  /^(?:curl|openid-client|MCP \(@[\w/-]+\)|n8n|pgrant|acme|X{4}-X{4}|#[0-9a-f]{6}|[RE]S256|[a-z]+(?:[_.][a-z]+)+)$/;
/** What a document is, and choices that are their own name. */
const named = /^<!.*?>|<option value="([^"]*)"[^>]*>\1<\/option>/g;
const spoken = /\b(?:aria-label|alt|title|placeholder|data-label)="([^"]*)"/g;

/** What a page says in its own words, to be read or heard, without what says that it is in another language. */
function wordsOf(html: string): string[] {
  const language = /<html[^>]* lang="(\w+)"/.exec(html)?.[1];
  const open: { tag: string; own: boolean }[] = [];
  const said: string[] = [];
  const isOwn = () => open.every(({ own }) => own);
  for (const [, close, tag = '', attributes = '', text] of html
    .replaceAll(named, '')
    .matchAll(/<(\/?)([a-z][\w-]*)([^>]*)>|([^<]+)/gi)) {
    if (text !== undefined) {
      if (isOwn()) said.push(text);
    } else if (close) {
      while (open.length > 0 && open.pop()?.tag !== tag);
    } else {
      const lang = /\blang="(\w*)"/.exec(attributes)?.[1];
      const own =
        !others.test(tag) &&
        !attributes.includes('aria-hidden') &&
        (lang === undefined || lang === language);
      if (isOwn() && own) said.push(...[...attributes.matchAll(spoken)].map(([, one = '']) => one));
      if (!empty.test(tag)) open.push({ tag, own });
    }
  }
  return said
    .flatMap((one) => one.split(' · '))
    .map((one) => one.replaceAll(/\s+/g, ' ').trim())
    .filter((one) => /\p{L}/u.test(one));
}

/** What functions of SQL give as the reason of a refusal, with something in place of each value. */
function reasonsIn(room: string): string[] {
  const folder = join(root, 'sql/functions', room);
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const errors = Object.keys(publicErrors).join('|');
  const given = new RegExp(
    `\\breason\\s*:=\\s*'((?:[^']|'')* (?:[^']|'')*)'( \\|\\|)?|'(?:${errors})',\\s*'((?:[^']|'')* (?:[^']|'')*)'( \\|\\|)?`,
    'g',
  );
  return names
    .filter((name) => name.endsWith('.sql'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .flatMap((text) => [...text.replaceAll(/^comment on .*?;$/gms, '').matchAll(given)])
    .map(
      ([, set, setMore, listed, listedMore]) =>
        (set ?? listed ?? '') + ((setMore ?? listedMore) ? 'no exp' : ''),
    )
    .map((reason) => reason.replaceAll("''", "'"));
}

describe('why something was refused', () => {
  const say = (language: string) => sayReasons(catalogue('refusals', language) as Refusals);

  const found = ['core', 'kernel', 'options'].flatMap(reasonsIn);

  test.each(pageLanguages)('is said in %s, whatever functions of SQL give', (language) => {
    expect(found.length).toBeGreaterThan(150);
    expect(found.filter((reason) => !say(language)(reason).known)).toEqual([]);
  });

  test('is said one within another, and as it is where no words are known for a part of it', () => {
    const german = say('de');
    expect(german('DPoP proof: alg is none of ES256, PS256')).toEqual({
      text: 'DPoP-Nachweis: alg ist keines von ES256, PS256',
      known: true,
    });
    expect(german('https://a.example/l.png: status 404').text).toBe(
      'https://a.example/l.png: Status 404',
    );
    for (const unknown of ['DPoP proof: it sings', `${'a: '.repeat(100)}no exp`, 'no exp!'])
      expect(german(unknown)).toEqual({ text: unknown, known: false });
    expect(german('a\u202Eb').text).toBe('a<U+202E>b');
  });
});

describe('pages', () => {
  let acme: Acme;
  let browser: Browser;
  let application: string;

  beforeAll(async () => {
    acme = await startAcme();
    const { tenant, database, issuer } = acme;
    const { worker, sql } = database;
    await call(worker, ops.admin_enable, { tenant });
    await call(worker, ops.role_assign, { tenant, role: 'pgrant.admin', username: 'ada' });
    await call(worker, ops.group_set, { tenant, group: 'g', title: '—', roles: ['pgrant.admin'] });
    await call(worker, ops.group_member, { tenant, group: 'g', username: 'ada', member: true });
    await addUser(database, tenant, 'dora', password);
    const hook = { tenant, name: 'hook', url: 'https://hooks.example/', event_types: null };
    await call(worker, ops.webhook_add, { ...hook, sealed_secret: Buffer.alloc(40) });
    await call(worker, ops.webhook_test, { tenant, webhook: 'hook' });
    await sql`update pgrant.outbox set last_error = 'HTTP 500', last_status = 500`;
    const settings = { issuer: 'https://id.company.example', client_id: 'pgrant' };
    const sealed_secrets = Buffer.alloc(40);
    const upstream = { tenant, name: 'hook', kind: 'oidc', settings, sealed_secrets };
    await call(worker, ops.upstream_add, upstream);
    const logo_uri = 'https://acme.example/logo.png';
    const set = { developer_portal: true, logo_uri, account_deletion: true };
    await call(worker, ops.tenant_set, { tenant, settings: set });
    await sql`
      insert into pgrant.logos (tenant_id, logo_uri, check_after, last_error)
      values (${tenant}, ${logo_uri}, now(), ${`${logo_uri}: status 404`})`;
    await sql`
      insert into pgrant.passkeys (tenant_id, credential_id, user_id, name, public_key, sign_count, transports, backup_eligible, backed_up)
      select tenant_id, '\\x01', user_id, 'x', '\\x02', 1, '{}', true, true from pgrant.users where username = 'ada'`;
    const portal = portalOf(acme);
    browser = new Browser();
    application = idIn(await portal.bring(browser, 'ada', 'web', web));
    // Whatever a token endpoint refuses: to be seen by whoever brought the application.
    for (const [name, value] of [
      ['grant_type', 'refresh_token'],
      ['refresh_token', 'none'],
    ]) {
      const sent = {
        client_id: application,
        client_secret: 'wrong',
        [String(name)]: String(value),
      };
      await fetch(`${issuer}/oauth/token`, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'none', ...sent }),
      });
    }
    await obtainTokens(await discover(acme, acme.web), { scope: 'openid email' });
  }, 60_000);

  /** Opens a page, with these headers for each redirect on the way as well. */
  async function openWith(visitor: Browser, path: string, headers: Record<string, string>) {
    const page = await visitor.open(`${acme.issuer}${path}`, { headers });
    return page.url.includes('/oauth/continue') ? visitor.open(page.url, { headers }) : page;
  }

  /** What a page says alike in both languages, though the messages do not. */
  async function alike(path: string, visitor = browser): Promise<string[]> {
    const said = await Promise.all(
      ['en', 'de'].map(async (language) => {
        const headers = { 'accept-language': language };
        const page = await openWith(visitor, path, headers);
        const lang = /<html[^>]* lang="(\w+)"/.exec(page.html)?.[1];
        expect([path, lang, page.status < 500]).toEqual([path, language, true]);
        const foreign = language === 'de' ? page.html.match(/<span lang="en">.*?<\/span>/g) : null;
        expect([path, foreign]).toEqual([path, null]);
        return { words: wordsOf(page.html) };
      }),
    );
    const german = new Set(said[1]?.words);
    expect(german.size).toBeGreaterThan(2);
    return [...new Set(said[0]?.words)].filter(
      (one) => german.has(one) && !sameInGerman.has(one) && !names.test(one),
    );
  }

  test('of the console', async () => {
    const paths = consolePages.map(({ path }) =>
      path
        .replace(':client_id', path.startsWith('developers') ? application : 'web')
        .replace(':username', 'ada')
        .replace(':name', 'hook')
        .replace(':setting', 'second_factor')
        .replace(':scope', 'openid')
        .replace(':role', 'pgrant.admin')
        .replace(':group', 'g')
        .replace(':resource', encodeURIComponent(`${acme.issuer}/api/v1`)),
    );
    const found = [];
    for (const path of [...paths, 'access?what=openid', 'audit?refused=true', 'nothing'])
      found.push(...(await alike(`/oauth/admin/${path}`)).map((one) => [path, one]));
    expect(found).toEqual([]);
  });

  test('of the account and of the portal', async () => {
    const paths = [
      ...['', '/sessions', '/sign-in', '/data', '/authenticator'].map(
        (one) => `/oauth/account${one}`,
      ),
      ...['', '/edit', '/usage'].map((one) => pathOf(application, one)),
      ...['', '/new', '/new?kind=web', '/answer?error=access_denied'].map(
        (one) => `/oauth/developer${one}`,
      ),
    ];
    const found = [];
    for (const path of paths) found.push(...(await alike(path)).map((one) => [path, one]));
    expect(found).toEqual([]);
    const headers = { 'accept-language': 'de' };
    const usage = await browser.open(`${acme.issuer}${pathOf(application, '/usage')}`, { headers });
    expect(usage.html).toContain('<span lang="de"><bdi>Secret falsch oder abgelaufen</bdi></span>');
    const branding = await browser.open(`${acme.issuer}/oauth/admin/branding`, { headers });
    expect(branding.html).toContain('<bdi>https://acme.example/logo.png: Status 404</bdi>');
  });

  test('of signing in, allowing, connecting a device and signing out', async () => {
    const request = new URLSearchParams({
      client_id: 'web',
      redirect_uri,
      response_type: 'code',
      scope: 'openid email profile offline_access pgrant.admin',
      code_challenge: 'A'.repeat(43),
      code_challenge_method: 'S256',
      prompt: 'consent',
    });
    const found = [];
    for (const [path, visitor] of [
      [`/oauth/authorize?${request}`, new Browser()],
      [`/oauth/authorize?${request}`, browser],
      [`/oauth/authorize?${request}`.replace('prompt=consent', 'prompt=select_account'), browser],
      ['/device', new Browser()],
      ['/oauth/logout', browser],
      ['/oauth/logout', new Browser()],
    ] as const)
      found.push(...(await alike(path, visitor)).map((one) => [path, one]));
    expect(found).toEqual([]);
  });

  test('that refuse a request', async () => {
    const request = {
      client_id: 'web',
      redirect_uri,
      response_type: 'code',
      scope: 'openid',
      code_challenge: 'A'.repeat(43),
      code_challenge_method: 'S256',
    };
    const changes: Record<string, string>[] = [
      { client_id: 'nobody' },
      { client_id: '' },
      { redirect_uri: 'https://evil.example/' },
      { redirect_uri: 'no uri' },
    ];
    const found = [];
    for (const change of changes)
      found.push(
        ...(await alike(`/oauth/authorize?${new URLSearchParams({ ...request, ...change })}`)),
      );
    found.push(...(await alike('/oauth/authorize?client_id=a&client_id=b')));
    expect(found).toEqual([]);
  });
});
