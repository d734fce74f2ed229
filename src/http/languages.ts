// The languages of the pages: ICU messages, read and compiled once.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { IntlMessageFormat } from 'intl-messageformat';
import nunjucks from 'nunjucks';
import { pageLanguages } from '../protocol/lists.ts';
import type { Ctx } from './ctx.ts';
import { programOf } from './program.ts';
import { type Refusals, sayReasons, sayRefusals, visible } from './refusals.ts';
import { scopeGroups, scopesAsked } from './scope-groups.ts';

export type PageLanguage = (typeof pageLanguages)[number];

type Texts = Record<string, { title: string; description: string }>;

/** What is asked for, with its words in other languages. */
type Titled = { scope?: string; title: string; description?: string; texts?: Texts };

const templates = fileURLToPath(new URL('../../templates', import.meta.url));
const catalogue = (kind: 'languages' | 'refusals' | 'settings', language: PageLanguage) =>
  JSON.parse(readFileSync(`${templates}/${kind}/${language}.json`, 'utf8')) as object;

/** Where a language differs by country, the one that fits most of its readers. */
const formats: Record<PageLanguage, string> = { en: 'en-GB', es: 'es', pt: 'pt', de: 'de' };

const { escape: escaped } = nunjucks.lib as unknown as { escape: (text: string) => string };
const { SafeString } = nunjucks.runtime as unknown as { SafeString: new (html: string) => object };

const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** Markup in a message: its words come between, and `<a>` leads to the value `href`. */
const marks = Object.fromEntries(
  ['strong', 'bdi', 'code'].map((tag) => [
    tag,
    (parts: unknown[]) => `<${tag}>${parts.join('')}</${tag}>`,
  ]),
);

/** What templates call in a language. */
export function globalsOf(language: PageLanguage) {
  const messages = messagesOf(language);
  const refusals = catalogue('refusals', language) as Refusals;
  const meanings = new Map<string, string>(Object.entries(catalogue('settings', language)));
  const locale = formats[language];
  const days = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' });
  const moments = new Intl.DateTimeFormat(locale, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZone: 'UTC',
    timeZoneName: 'short',
  });
  const numbers = new Intl.NumberFormat(locale);
  const names = new Intl.DisplayNames(locale, { type: 'language' });
  const time = (format: Intl.DateTimeFormat) => (at: string) =>
    new SafeString(
      `<time datetime="${escaped(at)}">${escaped(format.format(new Date(at)))}</time>`,
    );

  /** What is called by a message of a family, as it is quoted; the name of what there is none for. */
  const labelIn = (family: string) => (name: string) => {
    const label = messages.get(`${family}.${name}`)?.format();
    return label === undefined ? name : String(messages.get('console.label')?.format({ label }));
  };
  const settingLabel = labelIn('console.policy.name');

  return {
    language,
    /** A message, as HTML; its values are escaped, unless they are HTML of another message. */
    message: (key: string, values: Record<string, unknown> = {}) => {
      const message = messages.get(key);
      if (!message) throw new TypeError(`there is no message ${key}`);
      const { href, ...given } = values;
      const link = (parts: unknown[]) => `<a href="${escaped(String(href))}">${parts.join('')}</a>`;
      const html = Object.entries(given).map(([name, value]) => [name, escapedValue(value)]);
      return new SafeString(
        String(message.format({ ...marks, a: link, ...Object.fromEntries(html) })),
      );
    },
    /** What a claim is called; one of the tenant's own has no other words than its name. */
    claim: (name: string) =>
      String(messages.get(`claim.${name}`)?.format() ?? name.replaceAll('_', ' ')),
    program_of: programOf,
    scope_groups: scopeGroups,
    scopes_asked: scopesAsked,
    language_name: (tag: string) => names.of(tag) ?? tag,
    /** What SQL refused, in the language. */
    refusal: sayRefusals(refusals, settingLabel),
    /** What a form of the console calls a field, and what the page of the policy calls a setting. */
    label: labelIn('console.name'),
    setting_label: settingLabel,
    /** As a sentence begins and ends; a name of the protocol stays as it is. */
    sentence: (text: string) => {
      const begun = /^[\p{Ll}\d]*_/u.test(text)
        ? text
        : text.replace(/^\p{Ll}/u, (letter) => letter.toLocaleUpperCase(locale));
      return /[\p{L}\p{N}\])'”“»]$/u.test(begun) ? `${begun}.` : begun;
    },
    visible,
    /** Why something was refused, as logs and audit have it. */
    why: sayReasons(refusals),
    /** What a setting of the tenant means. */
    meaning: (setting: string) => meanings.get(setting) ?? '',
    /** The same for whoever knows no word of the protocols; undefined where its meaning has none. */
    plain: (setting: string) => messages.get(`console.policy.plain.${setting}`)?.format(),
    /** Two letters for whoever has no logo. */
    initials: (name: string) => {
      const [first = '', second = ''] = name.match(/[\p{L}\p{N}]+/gu) ?? [];
      return (
        [...first].slice(0, second ? 1 : 2).join('') + ([...second][0] ?? '')
      ).toLocaleUpperCase(locale);
    },
    /** A day, and a moment with its time zone, from RFC 3339. */
    day: time(days),
    moment: time(moments),
    number: (value: number) => numbers.format(value),
    /** So many seconds, in the largest unit of which they are a whole number. */
    duration: (seconds: number) => {
      const [unit, size] = units.find(([, size]) => seconds % size === 0) ?? units[3];
      const style = {
        style: 'unit',
        unit: seconds === 0 ? 'second' : unit,
        unitDisplay: 'long',
      } as const;
      return new Intl.NumberFormat(locale, style).format(seconds / size);
    },
    /** The words for a scope; null as `lang` where only the tenant's own words are there. */
    words: (one: Titled) => {
      const text = one.texts?.[language] ?? standardText(messages, one);
      const { title, description = '' } = text ?? one;
      return { title, description, lang: text ? language : null };
    },
  };
}

const english: Partial<Record<string, string>> = catalogue('languages', 'en');

/** What the tenant has not put in words of its own: a scope that every tenant has, or every one with admins. */
function standardText(messages: Map<string, IntlMessageFormat>, one: Titled) {
  const { scope = '', title, description } = one;
  const isStandard = (part: string, said: string | undefined) =>
    said === undefined || said === english[`scope.${scope}.${part}`];
  if (!isStandard('title', title) || !isStandard('description', description)) return undefined;
  const text = (part: string) => String(messages.get(`scope.${scope}.${part}`)?.format() ?? '');
  return { title: text('title'), description: text('description') };
}

function escapedValue(value: unknown): unknown {
  if (typeof value === 'number') return value;
  return value instanceof SafeString ? String(value) : escaped(String(value ?? ''));
}

function messagesOf(language: PageLanguage): Map<string, IntlMessageFormat> {
  return new Map(
    Object.entries(catalogue('languages', language)).map(([key, text]) => [
      key,
      new IntlMessageFormat(text, formats[language]),
    ]),
  );
}

/** The language of a page: what the application asks for, what the browser asks for, what the tenant has. */
export function languageFor(ctx: Ctx, locales: readonly string[] = []): PageLanguage {
  const usual = ctx.state.tenant?.appearance?.language ?? 'en';
  const asked = locales.map((tag) => new Intl.Locale(tag).language);
  const wished = asked.find((tag) => pageLanguages.some((language) => language === tag));
  // Whoever takes any language (*) gets the first.
  return (wished ?? (ctx.acceptsLanguages([usual, ...pageLanguages]) || usual)) as PageLanguage;
}
