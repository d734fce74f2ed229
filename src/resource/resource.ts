// RFC 6750, RFC 9068 4, RFC 7662, RFC 9728: a protected resource.
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { makeIntrospection } from './introspection.ts';
import { ResourceError } from './resource-error.ts';

export type ResourceOptions = {
  /** Issuer identifier of the tenant. */
  issuer: string;
  /** The resource indicator that its tokens are for; the issuer where the tenant has no resources. */
  resource: string;
  /** What the resource's metadata says may be asked for. */
  scopes?: readonly string[];
  /** A confidential client of the tenant, for opaque tokens and API keys; without it only JWTs are accepted. */
  introspection?: { client_id: string; client_secret: string };
  /** For how many seconds an introspected token is believed; 10 by default, and never beyond its expiry. */
  cacheSeconds?: number;
};

/** A token that is good here. */
export type AccessToken = {
  /** The person, or the client where it acts for itself. */
  sub: string;
  client_id: string;
  scopes: string[];
  /** Every claim of the token, or member of the introspection response. */
  claims: Record<string, unknown>;
};

export type Resource = {
  /** URL path and content of the metadata document (RFC 9728 3). */
  metadataPath: string;
  metadata: Record<string, unknown>;
  /**
   * The token of an Authorization header, if it has all `scopes`; throws ResourceError. `address` is the
   * caller's, for API keys that are bound to networks.
   */
  authorize: (
    authorization: string | undefined,
    scopes?: readonly string[],
    address?: string,
  ) => Promise<AccessToken>;
};

const algorithms = ['ES256', 'RS256'];
const wellKnown = '/.well-known/oauth-protected-resource';

/** Makes a protected resource; keys and introspected tokens are cached inside. */
export function createResource(options: ResourceOptions): Resource {
  const { issuer, resource, scopes: supported = [] } = options;
  const url = new URL(resource);
  const metadataPath = wellKnown + url.pathname.replace(/\/$/, '');
  const metadataUrl = url.origin + metadataPath;
  const keys = createRemoteJWKSet(new URL(`${issuer}/oauth/jwks.json`));
  const introspect =
    options.introspection && makeIntrospection({ ...options, ...options.introspection });

  async function verifyJwt(token: string): Promise<JWTPayload> {
    const checks = { issuer, audience: resource, typ: 'at+jwt', algorithms };
    const { payload } = await jwtVerify(token, keys, checks);
    return payload;
  }

  async function claimsOf(token: string, address?: string): Promise<Record<string, unknown>> {
    if (token.split('.').length === 3) return await verifyJwt(token);
    if (!introspect) throw new errors.JWTInvalid('opaque tokens are not accepted here');
    return await introspect(token, address);
  }

  return {
    metadataPath,
    metadata: {
      resource,
      authorization_servers: [issuer],
      bearer_methods_supported: ['header'],
      ...(supported.length > 0 && { scopes_supported: supported }),
    },
    authorize: async (authorization, needed = [], address) => {
      const refuse = (error: ResourceError['error'], reason: string) =>
        new ResourceError(error, reason, metadataUrl, needed);
      if (!authorization) throw refuse('no_token', 'no Authorization header');
      const token = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization)?.[1];
      if (!token) throw refuse('invalid_request', 'not a Bearer token');
      try {
        const claims = await claimsOf(token, address);
        const scopes = String(claims.scope ?? '')
          .split(' ')
          .filter(Boolean);
        if (!needed.every((scope) => scopes.includes(scope))) {
          throw refuse('insufficient_scope', `the token has only: ${scopes.join(' ')}`);
        }
        return { sub: String(claims.sub), client_id: String(claims.client_id), scopes, claims };
      } catch (failure) {
        if (!(failure instanceof errors.JOSEError)) throw failure;
        // The keys could not be fetched: that is no fault of the token.
        if (failure instanceof errors.JWKSTimeout) throw failure;
        throw refuse('invalid_token', failure.message);
      }
    },
  };
}
