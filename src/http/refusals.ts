// What SQL refuses, in other languages: sentences are known by their English pattern (templates/refusals).

type Said = {
  /** The sentence; as it is where it is not known. */
  text: string;
  /** Whether it is in the language that was asked for. */
  known: boolean;
  /** The field that it is about, and what that must be. */
  name?: string | undefined;
  good?: string | undefined;
};

/**
 * Patterns, of sentences, of what a value must be, and of the reasons that logs and audit have, with what they are in the
 * language.
 */
export type Refusals = Record<'sentences' | 'values' | 'reasons', Record<string, string>>;

type Pattern = { matcher: RegExp; names: string[]; text: string };

const placeholder = /\{(\d|name|good)\}/g;

/** What is longer holds what somebody sent, and is not looked through: patterns would take the square of its length. */
const longest = 1000;

/** A setting as a sentence names it: of several words. */
const settingName = /\b[a-z]+(?:_[a-z]+)+\b/g;

/**
 * Says refusals in a language; a field has the name that `label` gives, and a setting that a sentence names is called what
 * `setting` calls it.
 */
export function sayRefusals(
  refusals: Refusals,
  setting: (name: string) => string = (name) => name,
): (detail: string, label?: (name: string) => string) => Said {
  const named = (texts: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(texts).map(([pattern, text]) => [
        pattern,
        text.replaceAll(settingName, setting),
      ]),
    );
  const sentences = patternsOf(named(refusals.sentences));
  const values = patternsOf(named(refusals.values));
  const good = (text: string): string => {
    const found = find(values, text);
    return found === undefined ? text : fill(found, good);
  };
  return (detail, label = (name) => name) => {
    const found = detail.length > longest ? undefined : find(sentences, detail);
    if (found === undefined) return { text: visible(detail), known: false };
    const { name, good: value } = found.given;
    const { pattern, given } = found;
    const labelled =
      name === undefined ? found : { pattern, given: { ...given, name: label(name) } };
    return { text: visible(fill(labelled, good)), known: true, name, good: value && good(value) };
  };
}

/** How deep a reason may stand within another: `DPoP proof: alg is none of …`. */
const deepest = 3;

/** Says in a language why something was refused; one that is not known, or only by its beginning, is as it is. */
export function sayReasons(refusals: Refusals): (reason: string) => Said {
  const patterns = patternsOf(refusals.reasons);
  const say = (reason: string, depth: number): string | undefined => {
    const found = reason.length > longest || depth > deepest ? undefined : find(patterns, reason);
    const inner = found?.given.good === undefined ? '' : say(found.given.good, depth + 1);
    return found && inner !== undefined ? fill(found, () => inner) : undefined;
  };
  return (reason) => {
    const text = say(reason, 0);
    return { text: visible(text ?? reason), known: text !== undefined };
  };
}

/** What somebody sent may be what nobody sees, or what turns the rest of the sentence around. */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Co}]/gu, (one) => {
    const code = (one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return `<U+${code}>`;
  });
}

/** The longest come first: what is more particular. */
function patternsOf(texts: Record<string, string>): Pattern[] {
  const plain = (pattern: string) => pattern.replaceAll(placeholder, '').length;
  return Object.entries(texts)
    .toSorted(([one], [other]) => plain(other) - plain(one))
    .map(([pattern, text]) => {
      const parts = pattern.split(placeholder);
      const source = parts.map((part, at) => (at % 2 ? matchOf(part) : escaped(part)));
      const names = parts.filter((_, at) => at % 2);
      return { matcher: new RegExp(`^${source.join('')}$`, 's'), names, text };
    });
}

const escaped = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** What a value must be ends where it is said what it was, of whatever that consists. */
const matchOf = (name: string) => ({ name: '([\\w#]+)', good: '(.+?)' })[name] ?? '(.+?)';

type Found = { pattern: Pattern; given: Record<string, string | undefined> };

function find(patterns: Pattern[], text: string): Found | undefined {
  for (const pattern of patterns) {
    const match = pattern.matcher.exec(text);
    if (match) {
      const given = Object.fromEntries(pattern.names.map((name, at) => [name, match[at + 1]]));
      return { pattern, given };
    }
  }
  return undefined;
}

function fill({ pattern, given }: Found, good: (text: string) => string): string {
  return pattern.text.replaceAll(placeholder, (_, name: string) => {
    const value = given[name] ?? '';
    return name === 'good' ? good(value) : value;
  });
}
