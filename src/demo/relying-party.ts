// A relying party as the makers of an application write one, with openid-client.
import { decodeJwt } from 'jose';
import * as oidc from 'openid-client';
import type { Pending, SignedIn } from './sessions.ts';

export type RelyingPartySettings = {
  issuer: string;
  /** URL of the client, without a slash at the end. */
  base: string;
  client_id: string;
  client_secret: string;
};

/** What the client asks for at sign-in. */
export const usualScope = 'openid profile email offline_access courses';

// A token is renewed this long before its expiry, in milliseconds, so that none expires on its way.
const early = 60_000;

/** Makes the relying party; it finds its issuer when it is first needed. */
export function makeRelyingParty(settings: RelyingPartySettings) {
  const { issuer, base, client_id, client_secret } = settings;
  const redirect_uri = `${base}/callback`;
  let discovered: Promise<oidc.Configuration> | undefined;

  async function configuration(): Promise<oidc.Configuration> {
    // http is for loopback issuers alone; pgrant makes no other.
    const execute = issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : [];
    const url = new URL(issuer);
    discovered ??= oidc.discovery(url, client_id, client_secret, undefined, { execute });
    try {
      return await discovered;
    } catch (error) {
      discovered = undefined;
      throw error;
    }
  }

  async function renew(person: SignedIn): Promise<void> {
    const tokens = await oidc.refreshTokenGrant(await configuration(), person.refresh_token ?? '');
    const sub = tokens.claims()?.sub;
    if (sub !== undefined && sub !== person.sub)
      throw new Error('the tokens are of another person');
    Object.assign(person, accessOf(tokens));
    person.refresh_token = tokens.refresh_token ?? person.refresh_token;
    person.id_token = tokens.id_token ?? person.id_token;
  }

  /** Renews the tokens; calls at the same time share one refresh. */
  async function refresh(person: SignedIn): Promise<void> {
    person.refreshing ??= renew(person).finally(() => {
      person.refreshing = undefined;
    });
    await person.refreshing;
  }

  return {
    configuration,
    refresh,
    /** Renews the tokens where the access token is about to expire. */
    async refreshIfDue(person: SignedIn): Promise<void> {
      const due = person.access_expires_at - Date.now() < early;
      if (due && person.refresh_token) await refresh(person);
    },
    /** Where to send the browser, and what its callback has to be checked against. */
    async begin(returnTo: string, scope: string) {
      const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
      const verifier = oidc.randomPKCECodeVerifier();
      const url = oidc.buildAuthorizationUrl(await configuration(), {
        redirect_uri,
        scope,
        state,
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      return { url, state, pending: { nonce, verifier, returnTo } };
    },
    /** Exchanges the code; throws what openid-client throws for a response that it does not trust. */
    async finish(query: string, state: string, pending: Pending): Promise<SignedIn> {
      const config = await configuration();
      const tokens = await oidc.authorizationCodeGrant(
        config,
        new URL(`${redirect_uri}?${query}`),
        {
          pkceCodeVerifier: pending.verifier,
          expectedState: state,
          expectedNonce: pending.nonce,
          idTokenExpected: true,
        },
      );
      const sub = tokens.claims()?.sub ?? '';
      const claims = await oidc.fetchUserInfo(config, tokens.access_token, sub);
      const { refresh_token, id_token = '' } = tokens;
      return { sub, claims, refresh_token, id_token, ...accessOf(tokens) };
    },
    /** What the issuer says of the access token now. */
    async introspect({ access_token }: SignedIn): Promise<Record<string, unknown>> {
      return { ...(await oidc.tokenIntrospection(await configuration(), access_token)) };
    },
    /** Gives the tokens up. */
    async revoke(person: SignedIn): Promise<void> {
      await oidc.tokenRevocation(
        await configuration(),
        person.refresh_token ?? person.access_token,
      );
      person.refresh_token = undefined;
    },
    /** Where to send the browser so that the person is signed out at the issuer too. */
    async endSession({ id_token }: SignedIn): Promise<URL> {
      return oidc.buildEndSessionUrl(await configuration(), {
        id_token_hint: id_token,
        post_logout_redirect_uri: `${base}/signed-out`,
      });
    },
    /** Calls a protected resource with the access token. */
    async fetch({ access_token }: SignedIn, url: string): Promise<Response> {
      const config = await configuration();
      return oidc.fetchProtectedResource(config, access_token, new URL(url), 'GET');
    },
  };
}

export type RelyingParty = ReturnType<typeof makeRelyingParty>;

type Answer = Awaited<ReturnType<typeof oidc.refreshTokenGrant>>;

function accessOf(
  tokens: Answer,
): Pick<SignedIn, 'access_token' | 'access_expires_at' | 'permissions'> {
  const { access_token } = tokens;
  const access_expires_at = Date.now() + (tokens.expiresIn() ?? 0) * 1000;
  // It came from the issuer itself, so its signature need not be checked again.
  const { permissions } = decodeJwt<{ permissions?: string[] }>(access_token);
  return { access_token, access_expires_at, permissions: permissions ?? [] };
}

/** The OAuth error code in what openid-client threw; undefined where there is none. */
export function oauthError(error: unknown): string | undefined {
  if (error instanceof oidc.AuthorizationResponseError) return error.error;
  return error instanceof oidc.ResponseBodyError ? error.error : undefined;
}
