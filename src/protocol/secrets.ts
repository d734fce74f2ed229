// RFC 6749 10.10 and RFC 9700 4.14: tokens of 256 random bits, of which only SHA-256 is kept.
import { hash, randomBytes, randomFillSync } from 'node:crypto';

/** Prefixes by kind, so that secret scanners find a leaked one. */
const prefixes = {
  client_secret: 'pgrant_cs_',
  api_key: 'pgrant_ak_',
  browser: 'pgrant_br_',
  registration: 'pgrant_rg_',
  initial_access: 'pgrant_ia_',
  login_challenge: 'pgrant_lc_',
  login_verifier: 'pgrant_lv_',
  code: 'pgrant_ac_',
  device_code: 'pgrant_dc_',
  access_token: 'pgrant_at_',
  request: 'pgrant_rq_',
  pushed_request: 'pgrant_pr_',
  session: 'pgrant_ss_',
  upstream: 'pgrant_us_',
  passkey: 'pgrant_pk_',
} as const;

const refreshPrefix = 'pgrant_rt_';
const handleLength = 22;

/** Canonical base64url of 32 and of 16 bytes: the last character has no stray bits. */
const secretText = '[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]';
const handleText = '[A-Za-z0-9_-]{21}[AQgw]';

export type LastingKind =
  | 'client_secret'
  | 'api_key'
  | 'browser'
  | 'registration'
  | 'initial_access'
  | 'login_challenge'
  | 'login_verifier';
export type ExpiringKind = Exclude<keyof typeof prefixes, LastingKind>;

const expiringForms = {
  code: expiringForm('code'),
  device_code: expiringForm('device_code'),
  access_token: expiringForm('access_token'),
  request: expiringForm('request'),
  pushed_request: expiringForm('pushed_request'),
  session: expiringForm('session'),
  upstream: expiringForm('upstream'),
  passkey: expiringForm('passkey'),
} as const satisfies Record<ExpiringKind, RegExp>;

const refreshForm = new RegExp(`^${refreshPrefix}${handleText}\\.${secretText}$`);

const apiKeyForm = new RegExp(`^${prefixes.api_key}${secretText}$`);

function expiringForm(kind: ExpiringKind): RegExp {
  return new RegExp(`^${prefixes[kind]}([1-9a-z][0-9a-z]{0,7})_(${secretText})$`);
}

/** SHA-256 of a secret's text. */
export function secretHash(secret: string): Buffer {
  // Not as a buffer, for which Node 24 makes memory of its own each time: half the cost, and less garbage.
  return Buffer.from(hash('sha256', secret, 'hex'), 'hex');
}

// A call of the generator costs as much as a token: it fills a page at a time, and what is taken is wiped.
const page = Buffer.allocUnsafeSlow(4096);
let taken = page.length;

/** Random bytes, a page's length at most; the buffer is the caller's own. */
export function randomBytesOfPage(bytes: number): Buffer {
  if (taken + bytes > page.length) {
    randomFillSync(page);
    taken = 0;
  }
  const drawn = Buffer.from(page.subarray(taken, taken + bytes));
  page.fill(0, taken, taken + bytes);
  taken += bytes;
  return drawn;
}

function randomText(bytes: number): string {
  return randomBytesOfPage(bytes).toString('base64url');
}

/** Makes the secret of an expiring token: the database takes `hash`, assembleToken takes `secret`. */
export function newSecret(): { secret: string; hash: Buffer } {
  const secret = randomText(32);
  return { secret, hash: secretHash(secret) };
}

/** Makes a secret that carries no expiry; `hash` is of the whole text, prefix included. */
export function newLastingSecret(
  kind: LastingKind,
  random = randomBytes(32).toString('base64url'),
): { secret: string; hash: Buffer } {
  const secret = prefixes[kind] + random;
  return { secret, hash: secretHash(secret) };
}

/** The hash of an API key, which is kept whole; undefined for anything else. */
export function parseApiKey(token: string): Buffer | undefined {
  return apiKeyForm.test(token) ? secretHash(token) : undefined;
}

/**
 * The token that the client gets: prefix, expiry (epoch seconds) and secret.
 * The expiry leads a lookup to its partition; it is the database that holds the true one.
 */
export function assembleToken(kind: ExpiringKind, expiresAt: number, secret: string): string {
  return `${prefixes[kind]}${expiresAt.toString(36)}_${secret}`;
}

/** Reads what assembleToken made; undefined for anything else. */
export function parseToken(
  kind: ExpiringKind,
  token: string,
): { expires_at: number; hash: Buffer } | undefined {
  const parts = expiringForms[kind].exec(token);
  if (parts?.[1] === undefined || parts[2] === undefined) return undefined;
  return { expires_at: Number.parseInt(parts[1], 36), hash: secretHash(parts[2]) };
}

/** A refresh token: the handle names the family for its whole life, the secret changes. */
export interface RefreshToken {
  token: string;
  handle: string;
  secret: string;
  handle_hash: Buffer;
  /** Over the whole token, so that a secret is worth nothing under another handle. */
  secret_hash: Buffer;
}

/** Makes the first refresh token of a family. */
export function newRefreshToken(): RefreshToken {
  return refreshToken(randomText(16), randomText(32));
}

/** Reads a refresh token; undefined when the text can't be one. */
export function parseRefreshToken(token: string): RefreshToken | undefined {
  if (!refreshForm.test(token)) return undefined;
  const handleEnd = refreshPrefix.length + handleLength;
  return refreshToken(token.slice(refreshPrefix.length, handleEnd), token.slice(handleEnd + 1));
}

/** The refresh token of a handle and a secret. */
export function refreshToken(
  handle: string,
  secret: string,
  handle_hash = secretHash(handle),
): RefreshToken {
  const token = `${refreshPrefix}${handle}.${secret}`;
  return {
    token,
    handle,
    secret,
    handle_hash,
    secret_hash: secretHash(token),
  };
}

/** What tokens are made of, encoded for a URL or not. */
const tokenText = /[\w~+=%.-]{16,}/g;
const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/**
 * The text without what may be a secret of ours or of others: one with our prefix, and any longer run
 * that no one would take for words, since it has digits or letters of both cases. UUIDs are names.
 */
export function withoutSecrets(text: string): string {
  return text.replace(/pgrant_[a-z]{2}_[\w.%-]*/g, removed).replace(tokenText, (run) => {
    const rest = run.replace(uuid, '');
    const isMixed = /[a-z]/.test(rest) && /[A-Z]/.test(rest);
    return rest.length >= 16 && (isMixed || /\d/.test(rest)) ? removed : run;
  });
}

const removed = '[removed]';

/**
 * A text without what looks like a secret of ours, or like a JWT (RFC 7519): whoever sends one in the
 * wrong parameter has it named in a refusal. The twin of pgrant_rules.secrets_masked().
 */
export function maskSecrets<Text extends string | undefined>(text: Text): Text {
  return text?.replace(/(pgrant_[a-z]{2}_|eyJ)[\w.-]+/g, '$1…') as Text;
}
