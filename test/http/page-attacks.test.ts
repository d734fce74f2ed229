// The pages as an attacker meets them: forms that another site sends, another tenant's cookie, places to be sent on to, and headers.
import { beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../src/app.ts';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { csvOf } from '../../src/endpoints/console/audit-csv.ts';
import { consolePages } from '../../src/endpoints/console/console-pages.ts';
import { type Acme, discover, obtainTokens, password, startAcme } from '../support/acme.ts';
import { Browser, type Page } from '../support/browser.ts';
import { idIn, pathOf, portalOf, web } from '../support/developer.ts';
import { addTenant, addUser } from '../support/issuer.ts';

let acme: Acme;
let paths: string[];
const ada = new Browser();
const bob = new Browser();
/** Signed in as an admin of the same name at another tenant, who sends that cookie here. */
const foreigner = new Browser();

beforeAll(async () => {
  acme = await startAcme();
  const { tenant, database, issuer } = acme;
  const { worker } = database;
  const administer = async (of: string) => {
    const settings = { developer_portal: true, account_deletion: true, refusal_limit: 100_000 };
    await call(worker, ops.tenant_set, {
      tenant: of,
      settings: { ...settings, second_factor: 'optional' },
    });
    await call(worker, ops.admin_enable, { tenant: of });
    await call(worker, ops.role_assign, { tenant: of, role: 'pgrant.admin', username: 'ada' });
  };
  await administer(tenant);
  await addUser(database, tenant, 'bob', password);
  await obtainTokens(await discover(acme, acme.web), { scope: 'openid' });
  const webhook = {
    tenant,
    name: 'hook',
    url: 'https://hooks.example/in',
    sealed_secret: Buffer.alloc(40),
  };
  await call(worker, ops.webhook_add, webhook);
  const settings = { issuer: 'https://id.example', client_id: 'pgrant' };
  const upstream = {
    tenant,
    name: 'hook',
    kind: 'oidc',
    settings,
    sealed_secrets: Buffer.alloc(40),
  };
  await call(worker, ops.upstream_add, upstream);
  const signIn = async (browser: Browser, at: string, username: string) =>
    browser.submit(await browser.open(`${at}/account`), { username, password });
  await signIn(ada, issuer, 'ada');
  await signIn(bob, issuer, 'bob');
  const other = await addTenant(database, acme.origin, 'other');
  await addUser(database, other.tenant, 'ada', password);
  await administer(other.tenant);
  await signIn(foreigner, other.issuer, 'ada');
  foreigner.cookies = foreigner.cookies.map((one) => ({
    ...one,
    path: one.path.replace('/other', '/acme'),
  }));
  const application = idIn(await portalOf(acme).bring(ada, 'ada', 'web', web));
  await call(worker, ops.resource_set, {
    tenant,
    resource: 'https://notes.example/',
    title: 'Notes',
  });
  await call(worker, ops.group_set, { tenant, group: 'crew', title: 'Crew', roles: [] });
  paths = [
    ...['', '/sessions', '/sign-in', '/data', '/authenticator'].map(
      (one) => `/oauth/account${one}`,
    ),
    ...['', '/edit', '/usage'].map((one) => pathOf(application, one)),
    ...['', '/new', '/new?kind=web'].map((one) => `/oauth/developer${one}`),
    ...consolePages.map(
      ({ path }) =>
        `/oauth/admin/${path
          .replace(':client_id', path.startsWith('developers') ? application : 'web')
          .replace(':username', 'bob')
          .replace(':name', 'hook')
          .replace(':setting', 'code_lifetime')
          .replace(':scope', 'openid')
          .replace(':role', 'pgrant.admin')
          .replace(':group', 'crew')
          .replace(':resource', encodeURIComponent('https://notes.example/'))}`,
    ),
  ];
});

type Form = { action: string; fields: [string, string][] };

/** What the forms of a page send, its fields as they are filled in. */
function formsOf({ html, url }: Page): Form[] {
  return [...html.matchAll(/<form([^>]*method="post"[^>]*)>([\s\S]*?)<\/form>/g)].map(
    ([, head = '', body = '']) => ({
      action: new URL(/action="([^"]*)"/.exec(head)?.[1] ?? '', url).href,
      fields: [...body.matchAll(/<(?:input|button|textarea|select)([^>]*)>/g)].flatMap(
        ([, one = '']) => {
          const name = /name="([^"]*)"/.exec(one)?.[1];
          const value = /value="([^"]*)"/.exec(one)?.[1] ?? 'hostile';
          return name === undefined ? [] : [[name, value] as [string, string]];
        },
      ),
    }),
  );
}

/** All that is kept of the tenant but what says that somebody was here. */
async function kept(): Promise<Record<string, string>> {
  const { sql } = acme.database;
  const tables = await sql`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
     where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and c.relname !~ '^(audit|sessions|authorization_requests|.*(counters|refusals|attempts|activity|usage).*)' order by 1`;
  const found: Record<string, string> = {};
  for (const { name } of tables) {
    const [row] = await sql`
      select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as sum from ${sql(`pgrant.${name}`)} t
       where t.tenant_id = ${acme.tenant}`;
    found[name] = row?.sum;
  }
  return found;
}

const csrfOf = ({ html }: Page) => /name="csrf" value="([^"]*)"/.exec(html)?.[1] ?? '';

describe('a form', () => {
  test('without the token of its session, with another person’s, or of another tenant’s cookie, changes nothing', async () => {
    const theirs = csrfOf(await bob.open(`${acme.issuer}/oauth/account/sign-in`));
    const before = await kept();
    expect(Object.keys(before).length).toBeGreaterThan(20);
    let sent = 0;
    for (const path of paths) {
      const page = await ada.open(acme.issuer + path);
      expect([path, page.status]).toEqual([path, 200]);
      for (const { action, fields } of formsOf(page)) {
        const others = fields.filter(([name]) => name !== 'csrf');
        const attacks: [Browser, [string, string][]][] = [
          [ada, others],
          [ada, [...others, ['csrf', theirs]]],
          [foreigner, fields],
          [bob, fields],
        ];
        for (const [browser, form] of attacks) {
          const body = new URLSearchParams(form);
          const answer = await browser.fetch(action, { method: 'POST', body });
          const text = await answer.text();
          expect([action, form, answer.status, text.includes('class="secret"')]).toEqual([
            action,
            form,
            answer.status,
            false,
          ]);
          sent += 1;
        }
        const crossed = { 'sec-fetch-site': 'cross-site' };
        const body = new URLSearchParams(fields);
        const answer = await ada.fetch(action, { method: 'POST', body, headers: crossed });
        expect([action, answer.status]).toEqual([action, 403]);
      }
    }
    expect(sent).toBeGreaterThan(150);
    expect(await kept()).toEqual(before);
  }, 240_000);
});

const hostile = [
  'https://evil.example/',
  '//evil.example/',
  '/\\evil.example/',
  'javascript:alert(1)',
];
const leading = [
  'return',
  'return_to',
  'next',
  'to',
  'url',
  'redirect',
  'redirect_uri',
  'redirect_url',
  'continue',
  'section',
  'state',
  'target',
  'post_logout_redirect_uri',
  'login',
  'action',
  'path',
  'request',
];

test('no page sends the browser to where a parameter says', async () => {
  const found: unknown[] = [];
  const pages = routes.filter(([methods, , kind]) => methods.includes('GET') && kind === 'page');
  for (const [, path] of pages) {
    for (const to of hostile) {
      const query = new URLSearchParams(leading.map((name): [string, string] => [name, to]));
      const at = `${acme.issuer}${path.replace('*page', 'clients').replace(/:\w+/, 'web')}?${query}`;
      for (const browser of [ada, new Browser()]) {
        const answer = await browser.fetch(at);
        const location = answer.headers.get('location');
        const html = await answer.text();
        if (location && new URL(location, at).origin !== acme.origin) found.push([path, location]);
        if (
          /(?:href|action|src|content)="(?:[^"]*url=)?(?:https:)?(?:\/\/|\/\\)evil|(?:href|action|src)="javascript:/i.test(
            html,
          )
        )
          found.push([path, to]);
      }
    }
  }
  expect(found).toEqual([]);
}, 120_000);

test('a sign-in for the console ends at a page of it, whatever state says', async () => {
  const ends = async (state: string) => {
    const answer = await ada.fetch(`${acme.issuer}/admin?${new URLSearchParams({ state })}`);
    return new URL(answer.headers.get('location') ?? '', acme.issuer).href;
  };
  const below = `${acme.issuer}/oauth/admin`;
  expect(await ends('/oauth/admin/users/b.o.b')).toBe(`${below}/users/b.o.b`);
  expect(await ends('/oauth/admin/clients/..a%2Fb')).toBe(`${below}/clients/..a%2Fb`);
  const dotted = [
    '../../../other',
    '%2e%2e/logout',
    'users/.%2E/../../x',
    '..',
    '.',
    '../..//evil.example',
  ];
  for (const path of [...dotted, '/evil.example', ''])
    expect([path, await ends(`/oauth/admin/${path}`)]).toEqual([path, `${below}/clients`]);
});

test('every page, errors too, is in no frame, runs no script in it, and is kept by nobody', async () => {
  const seen = new Set<number>();
  const look = async (browser: Browser, path: string, init: RequestInit = {}) => {
    const answer = await browser.fetch(acme.issuer + path, init);
    seen.add(answer.status);
    const at = `${init.method ?? 'GET'} ${path}: ${answer.status}`;
    const { headers } = answer;
    await answer.text();
    expect([at, headers.get('x-content-type-options')]).toEqual([at, 'nosniff']);
    expect([at, headers.get('referrer-policy')]).toEqual([at, 'no-referrer']);
    if (/check-session/.test(path)) return;
    expect([at, headers.get('x-frame-options')]).toEqual([at, 'DENY']);
    if (/style\.css|passkey\.js/.test(path)) return;
    expect([at, headers.get('cache-control')]).toEqual([at, 'no-store']);
    if (!headers.get('content-type')?.startsWith('text/html')) return;
    const policy = headers.get('content-security-policy') ?? '';
    expect([at, policy]).toEqual([at, expect.stringContaining("default-src 'none'")]);
    expect([at, policy]).toEqual([at, expect.stringContaining("frame-ancestors 'none'")]);
    expect([at, policy]).toEqual([at, expect.stringContaining("base-uri 'none'")]);
    expect([
      at,
      policy.match(/unsafe-|(?:script|object|frame|form-action)[^;]*(?:\*|https?:|data:)/g),
    ]).toEqual([at, null]);
  };
  for (const path of [
    ...paths,
    '/oauth/account/data.json',
    '/oauth/admin/audit.csv',
    '/oauth/admin/none',
  ]) {
    await look(ada, path);
    await look(bob, path);
    await look(new Browser(), path);
  }
  for (const [methods, path, kind] of routes) {
    if (kind !== 'page') continue;
    const at = path.replace('*page', 'clients').replace(/:\w+/, 'web');
    for (const method of methods)
      await look(
        bob,
        at,
        method === 'POST' ? { method, body: new URLSearchParams({ csrf: 'x' }) } : {},
      );
    await look(bob, `${at}?request=%00&client_id=a&client_id=b`);
    await look(bob, at, { method: 'DELETE' });
  }
  await look(bob, '/nowhere');
  await look(bob, '/oauth/login', { method: 'POST', body: 'a'.repeat(300_000) });
  expect([...seen]).toEqual(expect.arrayContaining([200, 303, 400, 404, 405]));
}, 120_000);

test('what goes wrong in a window that a client has opened leaves it its opener, wherever the issuer is [HTML 7.1.3]', async () => {
  const root = await addTenant(acme.database, acme.origin, 'root', '');
  const openers = async (path: string) => {
    const answers = [acme.issuer, root.issuer].map((issuer) => new Browser().fetch(issuer + path));
    return (await Promise.all(answers)).map(({ status, headers }) => [
      status,
      headers.get('cross-origin-opener-policy'),
    ]);
  };
  const kept = [400, 'unsafe-none'];
  expect(await openers('/oauth/authorize?client_id=nobody')).toEqual([kept, kept]);
  expect(await openers('/oauth/continue?request=none')).toEqual([kept, kept]);
  const cut = [404, 'same-origin'];
  expect(await openers('/oauth/none')).toEqual([cut, cut]);
  // What is framed elsewhere is not where its method is wrong.
  const framed = await fetch(`${root.issuer}/oauth/check-session`, {
    method: 'DELETE',
    headers: { accept: 'text/html' },
  });
  expect([framed.status, framed.headers.get('x-frame-options')]).toEqual([405, 'DENY']);
});

test.each([...'=+-@', ...'\uFF1D\uFF0B\uFF0D\uFF20', ...'\t\r\n'])(
  'what begins with %j is text to whoever opens the audit in a spreadsheet',
  (first) => {
    const csv = csvOf([{ username: `${first}1+1`, reason: `a${first}1+1` }]);
    expect(csv).toContain(`,"a${first}1+1",,"'${first}1+1",`);
  },
);

/** What a page says by itself: all but what was typed, in the fields that keep it. */
const saidBy = (html: string) => html.replaceAll(/ value="[^"]*"|(<textarea[^>]*>)[^<]*/g, '$1');

const markup = '{{ 7919 * 7907 }}{% include "error.njk" %}<img src=x onerror=alert(1)>"\'';

test.each([
  ['markup', markup],
  ['text that turns around', `${markup}\u202egnp.\u2066`],
  ['ten thousand characters', 'W'.repeat(10_000)],
  ['what no text has', 'a\u0000b'],
])(
  '%s typed into every field is text, or refused beside it, and never an error of ours',
  async (_, typed) => {
    for (const path of paths) {
      for (const { action, fields } of formsOf(await ada.open(acme.issuer + path))) {
        const own = ['csrf', 'operation', 'once', 'action', 'kind'];
        if (fields.every(([name, value]) => own.includes(name) || value !== 'hostile')) continue;
        const body = new URLSearchParams(
          fields.map(([name, value]): [string, string] => [
            name,
            value === 'hostile' ? typed : value,
          ]),
        );
        const answer = await ada.open(action, { method: 'POST', body });
        expect([action, String(body).slice(0, 200), answer.status < 500]).toEqual([
          action,
          String(body).slice(0, 200),
          true,
        ]);
        expect([action, saidBy(answer.html).match(/<img src=x|62615533|\u202e/)]).toEqual([
          action,
          null,
        ]);
      }
    }
    for (const path of paths) {
      const { html, status } = await ada.open(acme.issuer + path);
      expect([path, status < 500, saidBy(html).match(/<img src=x|62615533|.{0,80}\u202e/)]).toEqual(
        [path, true, null],
      );
    }
  },
  120_000,
);
