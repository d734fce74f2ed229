// OpenID Connect Core 3.1 from the side of the relying party, on openid-client.
import { LRUCache } from 'lru-cache';
import * as client from 'openid-client';
import type { OutboundFetch } from '../outbound/guarded-fetch.ts';
import { describe, storable } from './claims.ts';
import { type Identity, type Protocol, type Upstream, UpstreamError } from './identity-provider.ts';
import { attempt, authentication, prepared } from './openid-client.ts';

/** How long metadata (and with it the keys, which are read again when one is missing) is kept. */
const cacheMilliseconds = 10 * 60_000;
const cacheSize = 1_000;

/** Speaks to OpenID Connect providers. */
export function openidConnect(fetch: OutboundFetch): Protocol {
  const configuration = discovery(fetch);
  return {
    authorizationUrl: async (upstream, journey) => {
      const config = await configuration(upstream);
      return client.buildAuthorizationUrl(config, {
        redirect_uri: journey.redirectUri,
        scope: upstream.scopes.join(' '),
        state: journey.state,
        nonce: journey.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(journey.verifier),
        code_challenge_method: 'S256',
        ...(journey.forceLogin && { prompt: 'login', max_age: '0' }),
        ...(journey.loginHint !== null && { login_hint: journey.loginHint }),
      });
    },
    identify: async (upstream, journey, callback) => {
      const config = await configuration(upstream);
      const tokens = await attempt('code', () =>
        client.authorizationCodeGrant(config, callback, {
          expectedState: journey.state,
          expectedNonce: journey.nonce,
          pkceCodeVerifier: journey.verifier,
          idTokenExpected: true,
          // Allows for the time that the person takes, and for clocks that differ.
          ...(journey.forceLogin && { maxAge: 600 }),
        }),
      );
      return identityOf(upstream, config, tokens, tokens.claims() ?? {});
    },
    recheck: async (upstream, subject, kept) => {
      if (kept?.refresh_token === undefined) return undefined;
      const { refresh_token } = kept;
      const config = await configuration(upstream);
      const tokens = await refreshed(config, refresh_token);
      if (!tokens) return undefined;
      const claims = tokens.claims() ?? { sub: subject };
      if (claims.sub !== subject) throw new UpstreamError('untrusted', 'refresh: another sub');
      return identityOf(upstream, config, { refresh_token, ...tokens }, claims);
    },
  };
}

/** Uses a refresh token; undefined where it is no longer good. */
export async function refreshed(config: client.Configuration, refreshToken: string) {
  try {
    return await client.refreshTokenGrant(config, refreshToken);
  } catch (error) {
    if (error instanceof client.ResponseBodyError && error.error === 'invalid_grant') return;
    return await attempt('refresh', () => Promise.reject(error));
  }
}

function discovery(fetch: OutboundFetch) {
  const cache = new LRUCache<string, Promise<client.Configuration>>({
    max: cacheSize,
    ttl: cacheMilliseconds,
  });
  return async (upstream: Upstream): Promise<client.Configuration> => {
    const key = JSON.stringify([
      upstream.tenant,
      upstream.name,
      upstream.issuer,
      upstream.client_id,
      upstream.token_endpoint_auth_method,
      upstream.secrets,
    ]);
    const cached = cache.get(key);
    if (cached) return cached;
    const loading = attempt('discovery', () => discover(upstream, fetch));
    cache.set(key, loading);
    try {
      return await loading;
    } catch (error) {
      cache.delete(key);
      throw error;
    }
  };
}

async function discover(upstream: Upstream, fetch: OutboundFetch): Promise<client.Configuration> {
  const config = await client.discovery(
    new URL(upstream.issuer ?? ''),
    upstream.client_id,
    {},
    authentication(upstream),
    { execute: [client.allowInsecureRequests], [client.customFetch]: fetch as never },
  );
  // Without this the signature of an ID token from the token endpoint is not looked at.
  client.enableNonRepudiationChecks(config);
  return prepared(config, fetch);
}

async function identityOf(
  upstream: Upstream,
  config: client.Configuration,
  { access_token, refresh_token }: { access_token: string; refresh_token?: string | undefined },
  said: Record<string, unknown> & { sub?: string },
): Promise<Identity> {
  const known = config.serverMetadata().userinfo_endpoint !== undefined;
  const info = known
    ? await attempt('userinfo', () => client.fetchUserInfo(config, access_token, said.sub ?? ''))
    : {};
  const claims = storable(said);
  const described = describe({ ...claims, ...storable(info) }, upstream.settings);
  if (!described) throw new UpstreamError('untrusted', 'no subject');
  const amr = Array.isArray(claims.amr) ? claims.amr.filter((one) => typeof one === 'string') : [];
  return {
    ...described,
    amr,
    present: true,
    tokens: refresh_token === undefined ? null : { refresh_token },
    checkable: refresh_token !== undefined,
  };
}
