// RFC 6750, RFC 9068 4, RFC 7662, RFC 9449, RFC 9470, RFC 9728: a protected resource.
import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { Answer } from './answer.ts';
import type { ConfidentialClient } from './client-authentication.ts';
import { makeIntrospection } from './introspection.ts';
import { issuerKeys } from './issuer-keys.ts';
import { answerMetadata, type Metadata, metadataLocation } from './metadata.ts';
import { IssuerUnavailable, type Refusal, ResourceError } from './resource-error.ts';
import {
  type DpopOptions,
  makePossession,
  NotPossessed,
  type ResourceRequest,
} from './token-possession.ts';

export type ResourceOptions = {
  /** Issuer identifier of the tenant. */
  issuer: string;
  /** The resource indicator that its tokens are for; the issuer where the tenant has no resources. */
  resource: string;
  /** What the resource's metadata says may be asked for. */
  scopes?: readonly string[];
  /** A confidential client of the tenant, for opaque tokens and API keys; without it only JWTs are accepted. */
  introspection?: ConfidentialClient;
  /** For how many seconds an introspected token is believed; 10 by default, and never beyond its expiry. */
  cacheSeconds?: number;
  /** How proofs of bound tokens are checked (RFC 9449). */
  dpop?: DpopOptions;
};

/** A token that is good here. */
export type AccessToken = {
  /** The person, or the client where it acts for itself. */
  sub: string;
  client_id: string;
  scopes: string[];
  /** Every claim of the token, or member of the introspection response. */
  claims: Record<string, unknown>;
  /** To be sent as DPoP-Nonce with the answer; undefined where proofs need none. */
  nonce?: string | undefined;
};

/** How the user of a token must have signed in (RFC 9470). */
export type Authentication = {
  /** One of these Authentication Context Class References. */
  acr_values?: readonly string[];
  /** No longer ago than so many seconds. */
  max_age?: number;
};

export type Resource = {
  /** URL path and content of the metadata document (RFC 9728 3). */
  metadataPath: string;
  metadata: Metadata;
  /** What to answer to GET, HEAD and OPTIONS of the metadata; undefined for any other request. */
  answerMetadata: (method: string, path: string) => Answer | undefined;
  /**
   * The token of an Authorization header, if it has all `scopes` and its user signed in as
   * `authentication` asks; throws ResourceError. `address` is the caller's, for API keys that are
   * bound to networks; `request` is what a proof is for, without which a bound token is good for nothing.
   */
  authorize: (
    authorization: string | undefined,
    scopes?: readonly string[],
    address?: string,
    authentication?: Authentication,
    request?: ResourceRequest,
  ) => Promise<AccessToken>;
};

const algorithms = ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'];

/** Makes a protected resource; keys and introspected tokens are cached inside. */
export function createResource(options: ResourceOptions): Resource {
  const { issuer, resource, scopes: supported = [] } = options;
  const { path: metadataPath, url: resource_metadata } = metadataLocation(resource);
  const possession = makePossession(resource, options.dpop);
  const metadata: Metadata = {
    resource,
    authorization_servers: [issuer],
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: possession.algorithms,
    ...(options.dpop?.required && { dpop_bound_access_tokens_required: true }),
    ...(supported.length > 0 && { scopes_supported: supported }),
  };
  const keys = issuerKeys(new URL(`${issuer}/oauth/jwks.json`));
  const { introspection } = options;
  const introspect =
    introspection && makeIntrospection({ ...options, introspection, keys, algorithms });

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
    metadata,
    // Some clients leave the slash at the end out, and some add one.
    answerMetadata: (method, path) =>
      withoutSlash(path) === withoutSlash(metadataPath)
        ? answerMetadata(metadata, method)
        : undefined,
    authorize: async (authorization, needed = [], address, authentication = {}, request) => {
      const [, named = '', token] =
        /^(Bearer|DPoP) +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? '') ?? [];
      const scheme = named.toLowerCase() === 'dpop' ? 'dpop' : 'bearer';
      const asDpop = scheme === 'dpop' || possession.required;
      const need = {
        scopes: needed,
        resource_metadata,
        ...(asDpop && { algs: possession.algorithms, nonce: possession.nonce() }),
      };
      const refuse = (error: Refusal, reason: string, cause?: unknown) =>
        new ResourceError(error, reason, need, { cause });
      if (!authorization) throw refuse('no_token', 'no Authorization header');
      if (!token) throw refuse('invalid_request', 'not a Bearer or DPoP token');
      const claims = await claimsOf(token, address).catch((failure: unknown) => {
        if (failure instanceof IssuerUnavailable) {
          throw refuse('temporarily_unavailable', failure.message, failure);
        }
        if (failure instanceof errors.JOSEError) throw refuse('invalid_token', failure.message);
        throw failure;
      });
      await possession.require(scheme, token, claims, request).catch((failure: unknown) => {
        if (failure instanceof NotPossessed) throw refuse(failure.error, failure.message);
        throw failure;
      });
      const scopes = [claims.scope ?? ''].flat().join(' ').split(' ').filter(Boolean);
      if (!needed.every((scope) => scopes.includes(scope))) {
        throw refuse('insufficient_scope', `the token has only: ${scopes.join(' ')}`);
      }
      const weakness = weaknessOf(claims, authentication);
      if (weakness) {
        const error = 'insufficient_user_authentication';
        throw new ResourceError(error, weakness, {
          error_description: weakness,
          ...need,
          ...authentication,
        });
      }
      const { sub, client_id } = claims;
      const nonce = scheme === 'dpop' ? possession.nonce() : undefined;
      return { sub: String(sub), client_id: String(client_id), scopes, claims, nonce };
    },
  };
}

function withoutSlash(path: string): string {
  return path.replace(/\/$/, '');
}

/** Why a token is not good enough (RFC 9470 3); undefined where it is. */
function weaknessOf(
  { acr, auth_time }: Record<string, unknown>,
  { acr_values = [], max_age }: Authentication,
): string | undefined {
  if (acr_values.length > 0 && !(typeof acr === 'string' && acr_values.includes(acr))) {
    return 'Another authentication level is required';
  }
  const isRecent = (seconds: number) => Number(auth_time) + seconds >= Date.now() / 1000;
  if (max_age !== undefined && !isRecent(max_age)) return 'A more recent sign-in is required';
  return undefined;
}
