// RFC 6749 3.1, 3.2 and appendix B: how request parameters are read.
import { type ErrorCode, malformed, OAuthError } from './errors.ts';

/** A parsed query or form body, as Koa and form parsers give it. */
export type RawParameters = Readonly<Record<string, unknown>>;

/** Parameters by name; `faults` says, for the log, why a parameter that was sent can't be read. */
export interface ReadParameters<Name extends string> {
  values: Partial<Record<Name, string>>;
  resources: string[];
  faults: Partial<Record<Name | 'resource', string>>;
}

const pairLimit = 200;
const resourceLimit = 20;
const lengthLimit = 2048;
/** What is stored while a person signs in is no longer than real clients send it. */
const lengthLimits: Readonly<Record<string, number>> = {
  acr_values: 512,
  actor_token: 8192,
  assertion: 8192,
  authorization_details: 8192,
  claims: 4096,
  credential: 8192,
  client_assertion: 8192,
  id_token_hint: 8192,
  login_hint: 512,
  nonce: 512,
  request: 8192,
  scope: 4096,
  subject_token: 8192,
  token: 8192,
  ui_locales: 512,
};

/** Control characters, lone surrogates, and what decoders leave in place of broken UTF-8. */
const unreadable = /[\p{Cc}\p{Cs}\uFFFD]/u;

/**
 * Decodes application/x-www-form-urlencoded text (a raw query string or body), keeping repeats.
 * Throws invalid_request for broken percent-encoding, broken UTF-8 and raw non-ASCII characters.
 */
export function decodeForm(text: string): Record<string, string | string[]> {
  const form: Record<string, string | string[]> = Object.create(null);
  const pairs = text.split('&', pairLimit + 1);
  if (pairs.length > pairLimit) throw malformed('too many parameters');
  for (const pair of pairs) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decodeFormText(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : decodeFormText(pair.slice(equals + 1));
    const before = form[name];
    if (before === undefined) form[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else form[name] = [before, value];
  }
  return form;
}

/** What stands for itself however it is encoded (RFC 3986 2.3), as names and tokens do. */
const unreserved = /^[\w.~-]*$/;

/** Decodes one form-urlencoded name or value; throws this error when it is broken. */
export function decodeFormText(text: string, error: ErrorCode = 'invalid_request'): string {
  if (unreserved.test(text)) return text;
  // A URL arrives as Latin-1: raw UTF-8 in it would be accepted as other characters.
  if (/[^\p{ASCII}]/u.test(text)) {
    const detail = 'a parameter holds raw non-ASCII characters';
    throw new OAuthError(error, detail, { detail });
  }
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    const detail = 'a parameter holds broken percent-encoding or UTF-8';
    throw new OAuthError(error, detail, { detail });
  }
}

/** Throws this error for a path segment that stands for no text that is kept. */
export function requirePathText(segment: string, error: 'invalid_request' | 'not_found'): void {
  const fault = faultOf('a path segment', decodeFormText(segment, error));
  if (fault !== undefined) throw new OAuthError(error, fault);
}

/** Reads the named parameters, and `resource` (RFC 8707); ignores all others (RFC 6749 3.1). */
export function readParameters<Name extends string>(
  raw: RawParameters,
  names: readonly Name[],
): ReadParameters<Name> {
  const read: ReadParameters<Name> = { values: {}, resources: [], faults: {} };
  for (const name of names) {
    const sent = Object.hasOwn(raw, name) ? raw[name] : undefined;
    if (sent === undefined || sent === '') continue;
    const fault = faultOf(name, sent);
    if (fault === undefined) read.values[name] = sent as string;
    else read.faults[name] = fault;
  }
  const fault = readResources(Object.hasOwn(raw, 'resource') ? raw.resource : [], read.resources);
  if (fault !== undefined) read.faults.resource = fault;
  return read;
}

/** Reads as readParameters does, and throws invalid_request for the first fault. */
export function requireReadable<Name extends string>(
  raw: RawParameters,
  names: readonly Name[],
): Omit<ReadParameters<Name>, 'faults'> {
  const { values, resources, faults } = readParameters(raw, names);
  refuseFaults(faults);
  return { values, resources };
}

/** Throws invalid_request for the first of the faults, if there is one. */
export function refuseFaults(faults: Readonly<Partial<Record<string, string>>>): void {
  const fault = Object.values(faults).find((reason) => reason !== undefined);
  if (fault !== undefined) throw malformed(fault);
}

function readResources(sent: unknown, resources: string[]): string | undefined {
  const list: unknown[] = Array.isArray(sent) ? sent : [sent];
  if (list.length > resourceLimit) return 'too many resource parameters';
  for (const value of list) {
    if (value === '' || value === undefined) continue;
    const fault = faultOf('resource', value);
    if (fault !== undefined) return fault;
    resources.push(value as string);
  }
  return undefined;
}

function faultOf(name: string, sent: unknown): string | undefined {
  if (Array.isArray(sent)) return `${name} is repeated`;
  if (typeof sent !== 'string') return `${name} is not text`;
  if (sent.length > (lengthLimits[name] ?? lengthLimit)) return `${name} is too long`;
  if (unreadable.test(sent)) return `${name} holds a control character or broken UTF-8`;
  return undefined;
}
