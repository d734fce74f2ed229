// What an upstream is, and what it says of a person.

/** An upstream as the database keeps it; its secrets opened. */
export type Upstream = {
  tenant: string;
  name: string;
  kind: 'oidc' | 'oauth2' | 'discord';
  title: string;
  issuer: string | null;
  authorization_endpoint: string | null;
  token_endpoint: string | null;
  userinfo_endpoint: string | null;
  client_id: string;
  token_endpoint_auth_method: string;
  scopes: string[];
  settings: UpstreamSettings;
  secrets: UpstreamSecrets;
};

export type UpstreamSecrets = { client_secret?: string; bot_token?: string };

export type UpstreamSettings = {
  /** Claim of ours: field of theirs. */
  claims?: Record<string, string>;
  /** The field that lists the roles that the person has there. */
  roles_claim?: string;
  /** The Discord guild whose members count. */
  guild_id?: string;
};

/** Tokens that a later check needs; nothing is kept where it needs none. */
export type UpstreamTokens = { refresh_token?: string; access_token?: string };

/** What an upstream says of a person now. */
export type Identity = {
  /** The upstream's lasting identifier of the person. */
  subject: string;
  username: string | null;
  /** Standard claims (OpenID Connect Core 5.1). */
  profile: Record<string, unknown>;
  /** Other claims that clients may get. */
  claims: Record<string, unknown>;
  /** Roles there; null where the upstream knows none. */
  roles: string[] | null;
  /** By which methods the person was authenticated (RFC 8176), as far as the upstream says. */
  amr: string[];
  /** False where the person is not, or no longer, a member of what the upstream stands for. */
  present: boolean;
  tokens: UpstreamTokens | null;
  /** Whether the upstream can be asked again without the person. */
  checkable: boolean;
};

/** What the name of an upstream may be: the check of pgrant.upstreams.name, so that it stands in a path as it is. */
const upstreamName = /^[a-z0-9-]{1,63}$/;

/** The name that a path may hold; null for any other text, of which nothing is looked for or recorded. */
export const readName = (text: string): string | null => (upstreamName.test(text) ? text : null);

/**
 * Where one upstream sends the browser back to, and no other one does (RFC 9700 2.1 and 4.4.2.2): with
 * a redirect URI for all of them a hostile one could have the code of another brought to itself (mix-up).
 */
export const upstreamRedirectUri = (issuer: string, name: string): string =>
  `${issuer}/oauth/upstream/callback/${name}`;

/** A sign-in as it is sent to the upstream and comes back. */
export type Journey = {
  redirectUri: string;
  state: string;
  /** PKCE (RFC 7636) and replay protection (OpenID Connect Core 3.1.2.1); derived from state. */
  verifier: string;
  nonce: string;
  forceLogin: boolean;
  loginHint: string | null;
};

/** How the upstream of a kind is spoken to. Each throws UpstreamError. */
export type Protocol = {
  /** Where the person is sent. */
  authorizationUrl(upstream: Upstream, journey: Journey): Promise<URL>;
  /** Who came back with this callback. */
  identify(upstream: Upstream, journey: Journey, callback: URL): Promise<Identity>;
  /** Asks again about a person; undefined where the upstream no longer vouches for the person. */
  recheck(
    upstream: Upstream,
    subject: string,
    tokens: UpstreamTokens | null,
  ): Promise<Identity | undefined>;
};

export type UpstreamTrouble = 'unavailable' | 'denied' | 'untrusted';

/** An upstream that did not do its part; the message is for the log, `trouble` for the page. */
export class UpstreamError extends Error {
  override name = 'UpstreamError';
  readonly trouble: UpstreamTrouble;
  /** Seconds that the upstream asks to be left alone. */
  readonly retryAfter: number | undefined;

  constructor(trouble: UpstreamTrouble, message: string, retryAfter?: number) {
    super(message);
    this.trouble = trouble;
    this.retryAfter = retryAfter;
  }
}
