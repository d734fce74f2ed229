// OpenID Connect Core 5.5: the `claims` request parameter.
import { malformed, type OAuthError } from './errors.ts';
import { isJsonObject, jsonFault } from './json.ts';

/** Names of the claims asked for, and the subject that the ID token must have, if one was named. */
export interface RequestedClaims {
  userinfo: string[];
  id_token: string[];
  sub: string | undefined;
  /** One of these the ID token must have as acr (5.5.1.1). */
  essential_acr: string[] | undefined;
  /** One of these it should have, and need not. */
  acr_values: string[];
}

/** What tokens say of themselves, asked or not: nothing that anybody has to consent to. */
const ofTokens = ['sub', 'auth_time', 'acr', 'amr', 'sid'];
const nameLimit = 100;
/** OpenID Connect Core 2. */
const subjectLimit = 255;

/** Reads the `claims` parameter (JSON text); throws invalid_request when it is malformed. */
export function parseClaims(text: string): RequestedClaims {
  const request = asObject(parseJson(text), 'claims');
  const idToken = asObject(member(request, 'id_token') ?? {}, 'claims.id_token');
  const userinfo = asObject(member(request, 'userinfo') ?? {}, 'claims.userinfo');
  return {
    userinfo: claimNames(userinfo),
    id_token: claimNames(idToken),
    sub: requestedSubject(idToken),
    ...requestedAcr(idToken),
  };
}

/** OpenID Connect Core 3.1.2.2: nobody else may be signed in, so that one which nobody can have is not as if there were none. */
function requestedSubject(idToken: Record<string, unknown>): string | undefined {
  const sub = member(idToken, 'sub');
  if (!isJsonObject(sub)) return undefined;
  const listed = member(sub, 'values');
  const [subject, ...others] = [member(sub, 'value') ?? [], listed ?? []].flat();
  if (subject === undefined && listed === undefined) return undefined;
  if (typeof subject !== 'string' || others.some((other) => other !== subject))
    throw unreadable('its sub is not one text');
  if (subject.length > subjectLimit) throw unreadable('its sub is too long');
  return subject;
}

function requestedAcr(idToken: Record<string, unknown>) {
  const acr = member(idToken, 'acr');
  if (!isJsonObject(acr)) return { essential_acr: undefined, acr_values: [] };
  const [essential, value, listed] = ['essential', 'value', 'values'].map((name) =>
    member(acr, name),
  );
  if (essential !== undefined && typeof essential !== 'boolean')
    throw unreadable('essential of its acr is no boolean');
  const asked = [value, ...(Array.isArray(listed) ? listed : [])];
  const values = asked.filter((one) => typeof one === 'string');
  if (!essential) return { essential_acr: undefined, acr_values: values };
  // One that cannot be met fails the request (5.5.1.1): it is not left out.
  const left = asked.filter((one) => one !== undefined).length - values.length;
  if (left > 0 || (listed !== undefined && !Array.isArray(listed)))
    throw unreadable('its acr is essential, and no text');
  return { essential_acr: values, acr_values: [] };
}

function parseJson(text: string): unknown {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw unreadable('it is not JSON');
  }
  const fault = jsonFault(read);
  if (fault !== undefined) throw unreadable(fault);
  return read;
}

function member(object: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function asObject(value: unknown, where: string): Record<string, unknown> {
  if (isJsonObject(value)) return value;
  throw unreadable(`${where} is not an object`);
}

function claimNames(members: Record<string, unknown>): string[] {
  const names = Object.keys(members);
  if (names.length > nameLimit) throw unreadable('it asks for too many claims');
  for (const name of names) {
    if (/[\p{Cc}\p{Cs}]/u.test(name)) throw unreadable('a claim has an unreadable name');
    if (members[name] !== null) asObject(members[name], 'the request for a claim');
  }
  return names.filter((name) => !ofTokens.includes(name));
}

function unreadable(why: string): OAuthError {
  return malformed(`the claims parameter: ${why}`);
}
