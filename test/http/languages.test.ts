// The languages of the pages: complete, used, chosen.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MessageFormatElement, parse, TYPE } from '@formatjs/icu-messageformat-parser';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { operatorSettings, records } from '../../src/endpoints/admin-api/operations.ts';
import { type Refusals, sayRefusals } from '../../src/http/refusals.ts';
import { pageLanguages, publicErrors, standardScopes } from '../../src/protocol/lists.ts';
import { type Acme, password, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { addTenant } from '../support/issuer.ts';
import { root } from '../support/pages.ts';

const folder = join(root, 'templates');
const read = (language: string): Record<string, string> =>
  JSON.parse(readFileSync(join(folder, 'languages', `${language}.json`), 'utf8'));
const catalogues = new Map(pageLanguages.map((language) => [language as string, read(language)]));
const english = read('en');
const refusals = (language: string): Refusals =>
  JSON.parse(readFileSync(join(folder, 'refusals', `${language}.json`), 'utf8'));
const templates = readdirSync(folder).filter((name) => name.endsWith('.njk'));
const source = (name: string) => readFileSync(join(folder, name), 'utf8');

/** The values, marks and plurals of a message, once each. */
function shapeOf(elements: MessageFormatElement[]): string[] {
  const found = elements.flatMap((one): string[] => {
    if (one.type === TYPE.tag) return [`<${one.value}>`, ...shapeOf(one.children)];
    if (one.type === TYPE.plural || one.type === TYPE.select) {
      const inside = Object.values(one.options).flatMap(({ value }) => shapeOf(value));
      return [`{${one.value}} by ${TYPE[one.type]}`, ...inside];
    }
    return one.type === TYPE.literal || one.type === TYPE.pound ? [] : [`{${one.value}}`];
  });
  return [...new Set(found)].toSorted();
}

/** The keys that templates name, and those whose beginning they name. */
function keysIn(text: string): { whole: string[]; begun: string[] } {
  const calls = [...text.matchAll(/\bmessage\(([^,{}()]*)/g)].map(([, first = '']) => first);
  const quoted = calls.flatMap((call) => [...call.matchAll(/'([^']*)'\s*(~)?/g)]);
  const keys = quoted.filter(([, key = '']) => !key.startsWith('.') && /^[a-z_.-]+$/.test(key));
  return {
    whole: keys.flatMap(([, key = '', more]) => (more || !(key in english) ? [] : [key])),
    begun: keys.flatMap(([, key = '', more]) => (more ? [key] : [])),
  };
}

describe('catalogues', () => {
  test.each([...catalogues])(
    '%s has every message, with the same values and marks',
    (_, messages) => {
      expect(Object.keys(messages)).toEqual(Object.keys(english));
      for (const [key, text] of Object.entries(english)) {
        const shape = { key, shape: shapeOf(parse(messages[key] ?? '')) };
        expect(shape).toEqual({ key, shape: shapeOf(parse(text)) });
      }
    },
  );

  test.each([...catalogues])(
    '%s has nothing that HTML or ICU would read as markup',
    (_, messages) => {
      const odd = Object.entries(messages).filter(
        ([, text]) => /[&'"]/.test(text) || /<(?!\/?(?:strong|bdi|code|a)>)/.test(text),
      );
      expect(odd).toEqual([]);
    },
  );

  test('a file is there for each language that SQL lists, in the order of the keys', () => {
    const files = readdirSync(join(folder, 'languages')).map((name) => name.replace('.json', ''));
    expect(files.toSorted()).toEqual([...pageLanguages].toSorted());
    const [first, ...keys] = Object.keys(english);
    expect([first, ...keys]).toEqual(['direction', ...keys.toSorted()]);
  });

  test('what SQL says in English is said in every language: errors and standard scopes', () => {
    for (const [code, { description }] of Object.entries(publicErrors)) {
      expect({ code, text: english[`error.${code}`] }).toEqual({ code, text: description });
    }
    for (const [scope, { title, description }] of Object.entries(standardScopes)) {
      expect(english[`scope.${scope}.title`]).toBe(title);
      expect(english[`scope.${scope}.description`]).toBe(description);
    }
  });

  test('what each setting means that an admin may change is said in every language, of the comment that there is', () => {
    const meant = records.settings
      .filter(({ name, is_setting }) => is_setting && !operatorSettings.some((one) => one === name))
      .map(({ name, meaning }) => [name, meaning]);
    const said = (language: string): Record<string, string> =>
      JSON.parse(readFileSync(join(folder, 'settings', `${language}.json`), 'utf8'));
    // Where a comment has changed, the other languages say it anew as well.
    expect(Object.entries(said('en'))).toEqual(meant);
    for (const language of pageLanguages) {
      const texts = said(language);
      expect([language, Object.keys(texts)]).toEqual([language, meant.map(([name]) => name)]);
      const names = (text: string) =>
        (text.match(/RFC \d+|\b[a-z]+(?:_[a-z]+)+\b/g) ?? []).toSorted();
      for (const [name, text] of meant) {
        const there = { language, name, names: names(texts[name as string] ?? '') };
        expect(there).toEqual({ language, name, names: names(String(text)) });
      }
    }
  });

  test('every refusal has the same values in every language', () => {
    const values = (text: string) => (text.match(/\{(?:\d|name|good)\}/g) ?? []).toSorted();
    for (const kind of ['sentences', 'values', 'reasons'] as const) {
      expect(Object.entries(refusals('en')[kind])).toEqual(
        Object.keys(refusals('en')[kind]).map((key) => [key, key]),
      );
      for (const language of pageLanguages) {
        const said = Object.entries(refusals(language)[kind]);
        expect(said.map(([key]) => key)).toEqual(Object.keys(refusals('en')[kind]));
        for (const [key, text] of said)
          expect({ language, key, values: values(text) }).toEqual({
            language,
            key,
            values: values(key),
          });
      }
    }
  });

  test('templates name messages that there are, and every message is named', () => {
    const named = templates.map((name) => keysIn(source(name)));
    const whole = new Set(named.flatMap(({ whole }) => whole));
    // Named by src/http/languages.ts.
    const begun = [...named.flatMap(({ begun }) => begun), 'claim.', 'scope.', 'console.label'];
    const unused = Object.keys(english).filter(
      (key) => !whole.has(key) && !begun.some((prefix) => key.startsWith(prefix)),
    );
    expect(unused).toEqual([]);
    for (const name of templates) {
      const called = [...source(name).matchAll(/\bmessage\('([^']*)'[,)]/g)];
      for (const [, key = ''] of called)
        expect({ name, key, known: key in english }).toEqual({ name, key, known: true });
    }
  });

  test('messages are given the values that they have', () => {
    for (const name of templates) {
      for (const [, key = '', given = ''] of source(name).matchAll(
        /\bmessage\('([^']*)'(?:, \{((?:[^{}'"]|'[^']*'|\([^)]*\))*)\})?\)/g,
      )) {
        const names = [...given.matchAll(/(?:^|,)\s*(\w+):/g)].map(([, one]) => one);
        const shape = shapeOf(parse(english[key] ?? ''));
        const wanted = shape.flatMap((one) =>
          one === '<a>' ? ['href'] : (/^\{(\w+)\}/.exec(one)?.[1] ?? []),
        );
        expect({ name, key, names: names.toSorted() }).toEqual({
          name,
          key,
          names: [...new Set(wanted)].toSorted(),
        });
      }
    }
  });

  test('templates hold no words of their own', () => {
    for (const name of templates) {
      const text = source(name)
        .replaceAll(/\{#.*?#\}/gs, '')
        .replaceAll(/\{\{.*?\}\}|\{%.*?%\}/gs, ' ')
        .replaceAll(/<style.*?<\/style>|<script.*?<\/script>/gs, '');
      const attributes = [
        ...text.matchAll(/\b(?:alt|title|aria-label|content)="([^"]*[a-z]{2}[^"]*)"/g),
      ]
        .map(([, value]) => value)
        .filter((value) => !/^(?:width=|light dark|noindex|\d;url=)/.test(value ?? ''));
      const words = text.replaceAll(/<[^>]*>/g, ' ').match(/[A-Za-z]{2,}/g) ?? [];
      expect({ name, words, attributes }).toEqual({ name, words: [], attributes: [] });
    }
  });
});

describe('pages', () => {
  let acme: Acme;

  beforeAll(async () => {
    acme = await startAcme();
  });

  const urlOf = (more: Record<string, string> = {}) =>
    `${acme.issuer}/oauth/authorize?${new URLSearchParams({
      client_id: acme.native.client_id,
      redirect_uri: 'http://127.0.0.1:4000/callback',
      response_type: 'code',
      scope: 'openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      ...more,
    })}`;
  const set = (scope: string, settings: object) =>
    call(acme.database.worker, ops.scope_set, { tenant: acme.tenant, scope, settings });
  const open = (headers: Record<string, string>, more: Record<string, string> = {}) =>
    new Browser(headers).open(urlOf(more));

  test('Accept-Language chooses the language, and the answer says which it is [RFC 9110 12.5.4]', async () => {
    const page = await open({ 'accept-language': 'fr, pt-BR;q=0.8, de;q=0.5' });
    expect(page.html).toContain('<html lang="pt" dir="ltr">');
    expect(page.html).toContain('Nome de usuário');
    expect(page.headers.get('content-language')).toBe('pt');
    expect(page.headers.get('vary')).toContain('Accept-Language');
  });

  test('ui_locales comes first, whatever of it the pages have, and stays with the request [OpenID Connect Core 3.1.2.1]', async () => {
    const german = { 'accept-language': 'de' };
    const page = await open(german, { ui_locales: 'fr-CA es-AR pt not_a_tag' });
    expect(page.html).toContain('<html lang="es" dir="ltr">');
    const browser = new Browser(german);
    const shown = await browser.open(urlOf({ ui_locales: 'es' }));
    const wrong = await browser.submit(shown, { username: 'ada', password: 'wrong' });
    expect(wrong.html).toContain('No ha funcionado.');
    const consent = await browser.submit(wrong, { username: 'ada', password });
    expect(consent.html).toContain('¿Permitir que <bdi>native</bdi> use su cuenta?');
    // The tenant has not put the standard scopes in other words.
    expect(consent.html).toContain('Saber quién es usted');
  });

  test('an error that goes to no client is told in it too', async () => {
    const page = await open({}, { ui_locales: 'es', client_id: 'nobody' });
    expect([page.status, page.headers.get('content-language')]).toEqual([400, 'es']);
  });

  test('the tenant has a language for those who ask for none that there is', async () => {
    expect((await open({ 'accept-language': 'fr' })).html).toContain('<html lang="en"');
    const issuer = await addTenant(acme.database, acme.origin, 'berlin');
    await call(acme.database.worker, ops.tenant_set, {
      tenant: issuer.tenant,
      settings: { default_language: 'de' },
    });
    const page = await new Browser().open(`${issuer.issuer}/oauth/consents`, {
      headers: { 'accept-language': 'fr' },
    });
    expect(page.html).toContain('<html lang="de" dir="ltr">');
    expect(page.html).toContain('Anmelden');
    const any = await new Browser().open(`${issuer.issuer}/device`, {
      headers: { 'accept-language': '*' },
    });
    expect(any.html).toContain('Gerät verbinden');
  });

  test('a language that is none of theirs is refused as a setting', async () => {
    await expect(
      call(acme.database.worker, ops.tenant_set, {
        tenant: acme.tenant,
        settings: { default_language: 'tlh' },
      }),
    ).rejects.toThrow('default_language must be en, es, pt or de');
  });

  test('a scope is said in the words that the tenant has for the language, and says which it is [WCAG 3.1.2]', async () => {
    await call(acme.database.worker, ops.scope_add, {
      tenant: acme.tenant,
      scope: 'notes',
      title: 'Read your notes',
      description: 'All of them.',
    });
    const settings = { 'title#es': 'Leer sus notas', 'description#es': 'Todas <b>.' };
    const row = await set('notes', settings);
    expect(row).toMatchObject({
      scope_set: { texts: { es: { title: 'Leer sus notas', description: 'Todas <b>.' } } },
    });
    const consentIn = async (ui_locales: string) => {
      const browser = new Browser();
      const shown = await browser.open(urlOf({ ui_locales, scope: 'notes', prompt: 'consent' }));
      return (await browser.submit(shown, { username: 'ada', password })).html;
    };
    const spanish = await consentIn('es');
    expect(spanish).toContain('<span lang="es">Leer sus notas</span>');
    expect(spanish).toContain('Todas &lt;b&gt;.');
    expect(await consentIn('pt')).toMatch(/<span lang="\w\w">Read your notes<\/span>/);
    await set('notes', { 'title#es': '', 'description#es': '' });
    expect(await consentIn('es')).toContain('Read your notes');
  });

  test.each([
    [{ 'title#fr': 'Lire' }, 'there is no scope setting title#fr'],
    [{ 'sensitive#es': 'true' }, 'there is no scope setting sensitive#es'],
    [{ 'title#es': ' x' }, 'title must be text of 1 to 255 characters'],
    [{ 'description#de': 'Alle.' }, 'description#de needs title#de'],
    [{ title: '' }, 'title must be'],
    [{ sensitive: 'perhaps' }, 'sensitive must be true or false'],
  ])('the words %j of a scope are refused: %s', async (settings, words) => {
    await expect(set('openid', settings)).rejects.toThrow(words);
  });

  test('whatever the operations of admins refuse is said in every language, by the sentences that SQL has', async () => {
    const { sql } = acme.database;
    const raised = await sql`
      with recursive called as (
        select p.oid, p.prosrc from pg_proc p join pgrant_rules.admin_operations() o on p.oid = pgrant_rules.admin_function(o.function_name)
         union
        select p.oid, p.prosrc from called c, regexp_matches(c.prosrc, 'pgrant_(?:rules|ops|report)\\.(\\w+)\\(', 'g') m
          join pg_proc p on p.proname = m[1] and p.pronamespace::regnamespace::text in ('pgrant_ops', 'pgrant_rules', 'pgrant_report'))
      select distinct r[1] as text from called c, regexp_matches(c.prosrc, 'raise exception ''((?:[^'']|'''')*)''', 'g') r`;
    const checked = await sql`
      select obj_description(c.oid, 'pg_constraint') as words, cardinality(c.conkey) = 1 as is_value
        from pg_constraint c
       where c.contype = 'c' and obj_description(c.oid, 'pg_constraint') is not null
         and c.conrelid::regclass::text = any (${['tenants', 'clients', 'upstreams', 'webhooks', 'scopes', 'users', 'groups', 'resources'].map((one) => `pgrant.${one}`)})`;
    // Of the operator alone, or said by what is called.
    const others = [
      '%',
      'the function % %',
      'there is no preset %',
      'there is no tenant %',
      'there is no history of the tenant %',
    ];
    const operators = /^(32 bytes|of 1 to 1000|a function as schema.name|a JSON object: the rule)/;
    const say = sayRefusals(refusals('es'));
    const unknown = [
      ...raised
        .map(({ text }) => text)
        .filter((text) => !others.includes(text) && !say(text.replaceAll('%', 'x')).known),
      ...checked
        .filter(({ words }) => !operators.test(words))
        .filter(({ words, is_value }) =>
          is_value ? say(`x must be ${words}`).good === words : !say(words).known,
        )
        .map(({ words }) => words),
    ];
    expect(unknown).toEqual([]);
    expect(say("title must be text of 1 to 100 characters, not 'a, not b'")).toEqual({
      text: "title tiene que ser un texto de 1 a 100 caracteres, no 'a, not b'",
      known: true,
      name: 'title',
      good: 'un texto de 1 a 100 caracteres',
    });
    expect(say('there is no user a\u202Eb').text).toBe('no hay nadie con el nombre a<U+202E>b');
    expect(say(`there is no user ${'a'.repeat(1000)}`).known).toBe(false);
    expect(say('there is no user Tom or Jerry').text).toBe(
      'no hay nadie con el nombre Tom or Jerry',
    );
  });

  test('a refusal at the console is in the language of the page, and beside its field [WCAG 3.3.1]', async () => {
    const { tenant, issuer, database } = acme;
    await call(database.worker, ops.admin_enable, { tenant });
    await call(database.worker, ops.role_assign, { tenant, role: 'pgrant.admin', username: 'ada' });
    const browser = new Browser({ 'accept-language': 'de' });
    const at = `${issuer}/oauth/admin/settings/code_lifetime`;
    const shown = await browser.submit(await browser.open(at), { username: 'ada', password });
    const refused = await browser.submit(shown, { code_lifetime: '601' });
    const good = 'eine ganze Zahl von Sekunden von 1 bis 600';
    expect(refused.html).toContain(`<p class="fault" id="value-fault">Richtig wäre: ${good}.</p>`);
    expect(refused.html).toMatch(
      /name="code_lifetime"[^>]* aria-describedby="value-fault" aria-invalid="true"/,
    );
    expect(refused.html).toContain(
      `<p lang="de"><bdi>„Codes gelten“ geht so nicht, richtig wäre: ${good};`,
    );
  });

  test('a notice calls a field what its form calls it, in the language of the page', async () => {
    const browser = new Browser({ 'accept-language': 'de' });
    const at = `${acme.issuer}/oauth/admin/clients`;
    const form = await browser.submit(await browser.open(at), { username: 'ada', password });
    const refused = await browser.submit(
      form,
      { operation: 'client_add', name: 'Mine', redirect_uris: 'nowhere' },
      '/clients',
    );
    const [, notice = ''] = /role="alert">(.*?)<\/div>/s.exec(refused.html) ?? [];
    expect(notice).toContain('„Redirect-URIs“');
    expect(notice).not.toContain('redirect_uris');
  });

  test('metadata name the languages [OpenID Connect Discovery 3]', async () => {
    const metadata = await fetch(`${acme.issuer}/.well-known/openid-configuration`);
    expect(await metadata.json()).toMatchObject({ ui_locales_supported: ['en', 'es', 'pt', 'de'] });
  });
});
