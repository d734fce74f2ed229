// Values of an authorization request that stand by themselves.
import { type ErrorCode, OAuthError } from './errors.ts';
import { words } from './scope.ts';

const longestAge = 2 ** 31 - 1;
const localeCount = 10;
const localeLength = 35;

/** The refusal of a request, in words for the client's developers. */
export function refused(why: string, error: ErrorCode = 'invalid_request'): OAuthError {
  return new OAuthError(error, why, { detail: why });
}

/** Seconds; a larger number than the database holds is the largest. */
export function readMaxAge(max_age: string | undefined): number | undefined {
  if (max_age === undefined) return undefined;
  if (!/^\d+$/.test(max_age)) {
    throw refused('max_age is not a non-negative integer');
  }
  return Math.min(Number(max_age), longestAge);
}

/** RFC 9449 10: SHA-256 in base64url. */
export function readThumbprint(thumbprint: string | undefined): string | undefined {
  if (thumbprint === undefined || /^[\w-]{43}$/.test(thumbprint)) return thumbprint;
  throw refused('dpop_jkt is not a base64url SHA-256 thumbprint');
}

/** OpenID Connect Core 3.1.2.1: no error comes of locales that are not supported, and nobody reads more than a few. */
export function readLocales(locales: string | undefined): string[] {
  return words(locales)
    .filter((tag) => tag.length <= localeLength && isLocale(tag))
    .slice(0, localeCount);
}

/** Whether it is a language tag (BCP 47). */
function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
