// Values of an authorization request that stand by themselves.
import { type ErrorCode, OAuthError } from './errors.ts';
import { isGrantId } from './grant-id.ts';
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

/** Grant Management for OAuth 2.0 5.2: what may become of a grant. */
export const grantActions = ['create', 'merge', 'replace'] as const;

/** What becomes of the grant, and which one is merged or replaced. */
export type GrantManagement = {
  grant_management_action: (typeof grantActions)[number] | undefined;
  grant_id: string | undefined;
};

/** Reads what a request says of the grant; throws invalid_request, and invalid_grant_id for what is no grant of ours. */
export function readGrantManagement(
  sent: Partial<Record<'grant_management_action' | 'grant_id', string>>,
): GrantManagement {
  const { grant_management_action: asked, grant_id } = sent;
  const grant_management_action = grantActions.find((action) => action === asked);
  if (asked !== undefined && grant_management_action === undefined) {
    throw refused(`grant_management_action is none of ${grantActions.join(', ')}`);
  }
  const named = grant_management_action === 'merge' || grant_management_action === 'replace';
  if (named && grant_id === undefined) {
    throw refused(`grant_management_action ${asked} needs grant_id`);
  }
  if (!named && grant_id !== undefined) {
    throw refused('grant_id goes with grant_management_action merge or replace');
  }
  if (grant_id !== undefined && !isGrantId(grant_id)) {
    throw new OAuthError('invalid_grant_id', 'grant_id is no name of a grant');
  }
  return { grant_management_action, grant_id };
}

/** Whether it is a language tag (BCP 47). */
function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
