// RFC 6749 4.1 with PKCE at a server that has no ID token: who the person is, an endpoint tells.
import * as client from 'openid-client';
import type { OutboundFetch } from '../outbound/guarded-fetch.ts';
import { isJsonObject, losslessJson } from '../protocol/json.ts';
import { describe, storable } from './claims.ts';
import {
  type Identity,
  type Journey,
  type Protocol,
  type Upstream,
  UpstreamError,
  type UpstreamTokens,
} from './identity-provider.ts';
import { refreshed } from './oidc.ts';
import { attempt, plainConfiguration } from './openid-client.ts';

type Tokens = { access_token: string; refresh_token?: string | undefined; expires_in?: unknown };

/** Speaks to OAuth 2.0 servers that are described by data. */
export function plainOAuth(fetch: OutboundFetch): Protocol {
  return {
    authorizationUrl: (upstream, journey) => authorizationUrl(upstream, journey, fetch),
    identify: async (upstream, journey, callback) => {
      const tokens = await exchanged(upstream, journey, callback, fetch);
      const identity = await identityOf(upstream, tokens, fetch);
      if (!identity) throw new UpstreamError('untrusted', 'its new access token is refused');
      return identity;
    },
    recheck: async (upstream, _subject, kept) => {
      const tokens = await renewed(upstream, kept, fetch);
      return tokens && identityOf(upstream, tokens, fetch);
    },
  };
}

/** Where the person is sent; nothing there can force a new sign-in. */
export async function authorizationUrl(upstream: Upstream, journey: Journey, fetch: OutboundFetch) {
  return client.buildAuthorizationUrl(plainConfiguration(upstream, fetch), {
    redirect_uri: journey.redirectUri,
    ...(upstream.scopes.length > 0 && { scope: upstream.scopes.join(' ') }),
    state: journey.state,
    code_challenge: await client.calculatePKCECodeChallenge(journey.verifier),
    code_challenge_method: 'S256',
  });
}

/** The tokens for the code of a callback. */
export function exchanged(
  upstream: Upstream,
  journey: Journey,
  callback: URL,
  fetch: OutboundFetch,
): Promise<Tokens> {
  return attempt('code', () =>
    client.authorizationCodeGrant(plainConfiguration(upstream, fetch), callback, {
      expectedState: journey.state,
      pkceCodeVerifier: journey.verifier,
    }),
  );
}

/** Tokens that are good now, from those that were kept; undefined where they no longer are. */
export async function renewed(
  upstream: Upstream,
  kept: UpstreamTokens | null,
  fetch: OutboundFetch,
): Promise<Tokens | undefined> {
  if (kept?.refresh_token !== undefined) {
    const { refresh_token } = kept;
    const tokens = await refreshed(plainConfiguration(upstream, fetch), refresh_token);
    return tokens && { refresh_token, ...tokens };
  }
  return kept?.access_token === undefined ? undefined : { access_token: kept.access_token };
}

/** What to keep for the next check: a refresh token, or an access token that does not expire. */
export function keptTokens({ refresh_token, access_token, expires_in }: Tokens) {
  if (refresh_token !== undefined) return { refresh_token };
  return expires_in === undefined ? { access_token } : null;
}

async function identityOf(
  upstream: Upstream,
  tokens: Tokens,
  fetch: OutboundFetch,
): Promise<Identity | undefined> {
  const response = await readWith(upstream.userinfo_endpoint ?? '', tokens.access_token, fetch);
  if (response.status === 401) return undefined;
  const described = describe(await objectOf(response), upstream.settings);
  if (!described) throw new UpstreamError('untrusted', 'no subject in the userinfo');
  const kept = keptTokens(tokens);
  return { ...described, amr: [], present: true, tokens: kept, checkable: kept !== null };
}

/** Reads a URL with a token; the scheme of Discord's bots is Bot. */
export function readWith(url: string, token: string, fetch: OutboundFetch, scheme = 'Bearer') {
  const headers = {
    authorization: `${scheme} ${token}`,
    accept: 'application/json',
    // Some APIs (GitHub's, Discord's) refuse requests that do not say who asks.
    'user-agent': 'pgrant',
  };
  return attempt('read', () => fetch(url, { headers }));
}

/** What can be kept of the JSON object of an answer; throws UpstreamError for anything else. */
export async function objectOf(response: Response): Promise<Record<string, unknown>> {
  if (!response.ok) {
    const down = response.status === 429 || response.status >= 500;
    const retry = Number.parseFloat(response.headers.get('retry-after') ?? '');
    throw new UpstreamError(
      down ? 'unavailable' : 'untrusted',
      `status ${response.status}`,
      Number.isFinite(retry) ? Math.ceil(retry) : undefined,
    );
  }
  const value: unknown = await response.text().then(losslessJson, () => undefined);
  if (!isJsonObject(value)) {
    throw new UpstreamError('untrusted', 'the answer is not a JSON object');
  }
  return storable(value);
}
