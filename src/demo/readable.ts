// Tokens in words.
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { SignedIn } from './sessions.ts';

export type Row = { name: string; value: string; meaning: string };

/** A token as a page shows it; header and payload only where it is a JWT. */
export type ReadableToken = {
  title: string;
  about: string;
  header?: Row[];
  payload?: Row[];
  raw: string;
};

const meanings: Record<string, string> = {
  acr: 'how the person was authenticated',
  active: 'whether it may be used',
  alg: 'how it is signed',
  amr: 'by which methods the person was authenticated',
  at_hash: 'binds it to the access token',
  aud: 'whom it is for',
  auth_time: 'when the person signed in',
  client_id: 'which application it was issued to',
  email: 'email address',
  email_verified: 'whether the address was verified',
  exp: 'when it expires',
  family_id: 'which refresh token it goes with',
  family_name: 'family name',
  given_name: 'given name',
  iat: 'when it was issued',
  iss: 'who issued it',
  jti: 'its own identifier',
  kid: 'which key it is signed with',
  locale: 'language',
  name: 'full name',
  nbf: 'from when on it may be used',
  nonce: 'binds it to this sign-in',
  org_id: 'which tenant it belongs to',
  permissions: 'what the roles permit',
  preferred_username: 'the name to be shown',
  roles: 'which roles the person has',
  scope: 'what it allows',
  sid: 'the session at the issuer',
  sub: 'whom it is about',
  token_type: 'how it is presented',
  typ: 'what kind of token it is',
  updated_at: 'when the profile last changed',
  username: 'the name at sign-in',
};

const moments = new Set(['exp', 'iat', 'nbf', 'auth_time', 'updated_at']);

/** The members of a claims set, one row each. */
export function rows(claims: Record<string, unknown>, now = Date.now()): Row[] {
  return Object.entries(claims).map(([name, value]) => ({
    name,
    value: readableValue(name, value, now),
    meaning: meanings[name] ?? '',
  }));
}

function readableValue(name: string, value: unknown, now: number): string {
  if (moments.has(name) && typeof value === 'number') {
    const at = new Date(value * 1000).toISOString().replace('T', ' ').slice(0, 19);
    return `${inWords(value * 1000 - now)} (${at} UTC)`;
  }
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map(String).join(', ') || 'none';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

/** A time from now, in milliseconds, as people say it: `in 14 minutes`, `3 hours ago`. */
export function inWords(milliseconds: number): string {
  const distance = Math.abs(milliseconds);
  const unit = units.find(([, length]) => distance >= length);
  if (!unit) return 'now';
  const [name, length] = unit;
  const count = Math.floor(distance / length);
  const words = `${count} ${name}${count === 1 ? '' : 's'}`;
  return milliseconds < 0 ? `${words} ago` : `in ${words}`;
}

/** The tokens of a signed-in person, as the page shows them. */
export function readableTokens(person: SignedIn): ReadableToken[] {
  const shown = [
    readable('Access token', 'Shows a resource what this client may do.', person.access_token),
    readable('ID token', 'Tells this client who signed in.', person.id_token),
  ];
  if (person.refresh_token) {
    const about = 'Gets new tokens without asking again. It changes each time that it is used.';
    shown.push(readable('Refresh token', about, person.refresh_token));
  }
  return shown;
}

function readable(title: string, about: string, raw: string): ReadableToken {
  if (raw.split('.').length !== 3) return { title, about, raw };
  const header = rows({ ...decodeProtectedHeader(raw) });
  return { title, about, header, payload: rows(decodeJwt(raw)), raw };
}
