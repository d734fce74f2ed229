// RFC 9068 4: the issuer's keys. While they cannot be fetched the ones that are known stay good.
import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { IssuerUnavailable } from './resource-error.ts';

// In milliseconds.
const timeout = 5_000;
/** How long keys are used without a look whether they are still the issuer's. */
const freshFor = 600_000;
/** How long they are good while nobody can look. */
const goodFor = 86_400_000;
/** How long after a fetch no key that is unknown causes another one. */
const cooldown = 30_000;
const cooldownAfterFailure = 5_000;

/** Finds the key of a JWT; throws IssuerUnavailable where it would have to be fetched, and can't. */
export function issuerKeys(url: URL): JWTVerifyGetKey {
  // When to fetch is decided here: jose would forget the keys that it has when it fails to renew them.
  const never = Number.POSITIVE_INFINITY;
  const options = { timeoutDuration: timeout, cacheMaxAge: never, cooldownDuration: never };
  const keys = createRemoteJWKSet(url, options);
  let fetchedAt = -never;
  let nextFetchAt = -never;
  let failure: unknown;
  let pending: Promise<void> | undefined;

  async function fetchNow(): Promise<void> {
    try {
      await keys.reload();
      failure = undefined;
      fetchedAt = Date.now();
      nextFetchAt = fetchedAt + cooldown;
    } catch (error) {
      failure = error;
      nextFetchAt = Date.now() + cooldownAfterFailure;
    } finally {
      pending = undefined;
    }
  }

  async function fetchAgain(): Promise<void> {
    if (Date.now() >= nextFetchAt) pending ??= fetchNow();
    await pending;
  }

  async function requireKeys(): Promise<void> {
    const age = Date.now() - fetchedAt;
    if (age < freshFor) return;
    const fetched = fetchAgain();
    // In an outage that is known of, nobody waits for what will probably fail once more.
    if (age >= goodFor || failure === undefined) await fetched;
    if (Date.now() - fetchedAt >= goodFor) throw unavailable();
  }

  function unavailable(): IssuerUnavailable {
    return new IssuerUnavailable(`no keys from ${url}`, { cause: failure });
  }

  return async (header, token) => {
    await requireKeys();
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // It may be a new key, and is no reason to refuse the token before it is known not to be.
      await fetchAgain();
      if (failure !== undefined) throw unavailable();
      return await keys(header, token);
    }
  };
}
