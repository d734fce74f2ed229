// The policy of a tenant at the console: each setting once, by a name in words, and what is laxer than the default.
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { tenantSettings } from '../../src/endpoints/console/console-form.ts';
import { differs, policyGroups } from '../../src/endpoints/console/policy.ts';
import { globalsOf } from '../../src/http/languages.ts';
import { pageLanguages } from '../../src/protocol/lists.ts';
import { type Acme, password, startAcme } from '../support/acme.ts';
import { Browser, type Page } from '../support/browser.ts';

const setting = (name: string) => {
  const found = tenantSettings.find((one) => one.name === name);
  if (!found) throw new Error(`there is no setting ${name}`);
  return found;
};

test('each setting that an admin may change is in one group', () => {
  const grouped = policyGroups.flatMap(({ settings }) => settings.map(({ name }) => name));
  expect(grouped.toSorted()).toEqual(tenantSettings.map(({ name }) => name).toSorted());
});

test.each([
  ['access_token_lifetime', 900, undefined],
  ['access_token_lifetime', 901, 'laxer'],
  ['access_token_lifetime', 60, 'changed'],
  ['consent_lifetime', 0, 'laxer'],
  ['replay_window', 0, 'changed'],
  ['replay_window', 61, 'laxer'],
  ['bearer_assertion_lifetime', 0, 'changed'],
  ['request_object_lifetime', null, 'laxer'],
  ['request_object_lifetime', 300, 'changed'],
  ['require_pkce', false, 'laxer'],
  ['require_dpop_nonce', true, 'changed'],
  ['unverified_logos', true, 'laxer'],
  ['registration', 'open', 'laxer'],
  ['registered_consent', 'always', 'changed'],
  ['registered_consent', 'remember', 'laxer'],
  ['second_factor', 'required', 'changed'],
  ['redirect_schemes', ['vscode'], 'laxer'],
  ['client_document_refused_hosts', ['a.example'], 'changed'],
  ['title', 'Acme', undefined],
  ['login_url', 'https://acme.example/login', 'changed'],
])('%s = %j stands to the default so: %s', (name, value, expected) => {
  expect(differs(setting(name), value)).toBe(expected);
});

test.each(pageLanguages)(
  'in %s no setting is explained in words of a protocol alone',
  (language) => {
    const { plain, meaning } = globalsOf(language);
    const ofProtocols =
      /RFC|[a-z]_[a-z]|FAPI|OpenID|Grant Management|JW[TKS]|\b(acr|aud|iss|jti|exp|sub)\b/;
    const shown = tenantSettings.map(({ name }) => [name, String(plain(name) ?? meaning(name))]);
    expect(shown.filter(([, said = '']) => said === '' || ofProtocols.test(said))).toEqual([]);
  },
);

describe('the page', () => {
  let acme: Acme;
  const browser = new Browser({ 'accept-language': 'de' });

  beforeAll(async () => {
    acme = await startAcme();
    const { tenant, database } = acme;
    await call(database.worker, ops.admin_enable, { tenant });
    await call(database.worker, ops.role_assign, { tenant, role: 'pgrant.admin', username: 'ada' });
    const settings = { code_lifetime: 300, refresh_lifetime: 3600 };
    await call(database.worker, ops.tenant_set, { tenant, settings });
    const page = await browser.open(`${acme.issuer}/oauth/admin/settings`);
    await browser.submit(page, { username: 'ada', password });
  });

  const item = (html: string, name: string) =>
    html.split('<div class="item">').find((one) => one.includes(`>${name}</code>`)) ?? '';

  test('names a setting in words, its value, and what is laxer than the default', async () => {
    const { html } = await browser.open(`${acme.issuer}/oauth/admin/settings`);
    expect(html.match(/<div class="item">/g)).toHaveLength(tenantSettings.length);
    const code = item(html, 'code_lifetime');
    expect(code).toContain('>Codes gelten</a>');
    expect(code).toContain('5 Minuten');
    expect(code).toContain('<span class="tag">Lockerer als voreingestellt</span>');
    expect(code).toMatch(/Voreinstellung: \s*1 Minute/);
    expect(item(html, 'refresh_lifetime')).toContain('<span class="tag quiet">Geändert</span>');
    expect(item(html, 'registration')).toContain('<strong>niemand</strong>');
    expect(item(html, 'session_lifetime')).not.toContain('class="tag');
  });

  test('of one setting leads back to the default, and says that it was done', async () => {
    const at = `${acme.issuer}/oauth/admin/settings/code_lifetime`;
    const page = await browser.open(at);
    const [, form = ''] = page.html.split('</form>');
    const done = await browser.submit({ ...page, html: `${form}</form>` }, {});
    expect(done.url).toBe(at);
    expect(done.html).toMatch(/class="notice good"[^>]*>\s*<p>Erledigt\./);
    expect(done.html).toContain('value="60"');
    expect(done.html).not.toContain('Zurück zur Voreinstellung');
  });

  test('leaves in the audit who changed what, from where and by which request', async () => {
    const at = `${acme.issuer}/oauth/admin/settings/code_lifetime`;
    await browser.submit(await browser.open(at), { code_lifetime: '45' });
    const events = await acme.database.sql`
      select e.request_id is not null as request, host(e.address) as address, e.actor -> 'session_id' is not null as session
        from pgrant.audit_events e
       where e.tenant_id = ${acme.tenant} and e.action = 'tenant.set' and e.detail ->> 'code_lifetime' = '45'`;
    expect(events.map((event) => ({ ...event }))).toEqual([
      { request: true, address: '127.0.0.1', session: true },
    ]);
  });

  /** What the notice of a page says, without marks. */
  const saidIn = ({ html }: Page) =>
    /class="notice danger"[^>]*>([\s\S]*?)<\/div>/
      .exec(html)?.[1]
      ?.replaceAll(/<[^>]*>/g, '')
      .replaceAll(/\s+/g, ' ')
      .trim();

  test.each([
    [
      'en',
      '“Codes are good for” must be',
      '“Algorithm of access tokens” must be one of “Algorithms of signatures”.',
    ],
    [
      'es',
      '«Los códigos valen» tiene que ser',
      '«Algoritmo de los tokens de acceso» tiene que ser uno de «Algoritmos de firma».',
    ],
    [
      'pt',
      '“Os códigos valem” tem que ser',
      '“Algoritmo dos tokens de acesso” tem que ser um de “Algoritmos de assinatura”.',
    ],
    [
      'de',
      '„Codes gelten“ geht so nicht',
      '„Verfahren der Access-Tokens“ muss eines von „Signaturverfahren“ sein.',
    ],
  ])('in %s a refusal names settings as the page calls them', async (language, one, two) => {
    const reader = new Browser({ 'accept-language': language });
    reader.cookies = browser.cookies;
    const refused = async (setting: string, value: string) => {
      const page = await reader.open(`${acme.issuer}/oauth/admin/settings/${setting}`);
      return saidIn(await reader.submit(page, { [setting]: value }));
    };
    const said = [
      await refused('code_lifetime', '601'),
      await refused('access_token_alg', 'EdDSA'),
    ];
    expect(said[0]).toContain(one);
    expect(said[1]).toContain(two);
    expect(said.join()).not.toMatch(/code_lifetime|access_token_alg|signing_algs/);
  });
});
