// RFC 6749 5.1, RFC 9068, OpenID Connect Core 3.1.3.3: what all grants of the token endpoint share.
import { randomUUID } from 'node:crypto';
import type { ApiTokens } from '../../db/bindings.ts';
import type { Database } from '../../db/connect.ts';
import { credentialNames } from '../../protocol/client-auth.ts';
import type { SigningAlg } from '../../protocol/keys.ts';
import { assembleToken } from '../../protocol/secrets.ts';
import {
  type AccessTokenType,
  type Confirmation,
  type ExtraClaims,
  signAccessToken,
  signIdToken,
} from '../../protocol/tokens.ts';
import type { AskedDetails } from '../asked-details.ts';
import type { TenantKeys } from '../keyring.ts';
import type { Possession } from '../proven-keys.ts';
import type { ClientIdentity } from './client-identity.ts';

export const names = [
  ...credentialNames,
  'grant_type',
  'assertion',
  'code',
  'redirect_uri',
  'code_verifier',
  'device_code',
  'refresh_token',
  'scope',
  'authorization_details',
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
  'audience',
] as const;

export type TokenRequest = {
  database: Database;
  keys: TenantKeys;
  issuer: string;
  values: Partial<Record<(typeof names)[number], string>>;
  /** What the access token is to be for (RFC 8707). */
  resources: string[];
  /** What is asked for beside scopes (RFC 9396 6); null = all that was granted. */
  details: AskedDetails | null;
  identity: ClientIdentity;
  possession: Possession;
};

/** A token response (RFC 6749 5.1); expires_in in seconds. */
export type TokenResponse = {
  access_token: string;
  /** RFC 8693 2.2.1. */
  issued_token_type?: string;
  /** N_A where it is none with which anything is accessed (RFC 8693 2.2.1). */
  token_type: 'Bearer' | 'DPoP' | 'N_A';
  expires_in: number;
  /** Left out where the token has none: an empty one is no scope (RFC 6749 3.3). */
  scope?: string;
  /** What a token for an identity assertion is for (ID-JAG 4.4.1). */
  resource?: string[];
  /** RFC 9396 7. */
  authorization_details?: unknown;
  refresh_token?: string;
  id_token?: string;
  /** Grant Management for OAuth 2.0 5.5. */
  grant_id?: string;
};

export type Grant = (request: TokenRequest) => Promise<TokenResponse>;

/** Makes and signs the tokens that the database has decided on. */
export async function tokenResponse(
  { issuer, keys }: Pick<TokenRequest, 'issuer' | 'keys'>,
  row: ApiTokens,
  accessSecret: string,
  refreshToken?: string,
): Promise<TokenResponse> {
  const access_token =
    row.access_token_format === 'opaque'
      ? assembleToken('access_token', row.access_expires_at, accessSecret)
      : await accessToken(issuer, keys, row);
  return {
    access_token,
    token_type: 'jkt' in Object(row.cnf) ? 'DPoP' : 'Bearer',
    expires_in: row.access_expires_at - row.issued_at,
    ...(row.scopes.length > 0 && { scope: row.scopes.join(' ') }),
    ...(row.authorization_details && { authorization_details: row.authorization_details }),
    ...(row.refresh_token && refreshToken !== undefined && { refresh_token: refreshToken }),
    ...(row.id_token_alg && { id_token: await idToken(issuer, keys, row, access_token) }),
    ...(row.grant_id && { grant_id: row.grant_id }),
  };
}

function accessToken(issuer: string, keys: TenantKeys, row: ApiTokens): Promise<string> {
  const [audience = issuer, ...others] = row.audience;
  return signAccessToken(
    {
      iss: issuer,
      sub: row.subject,
      aud: others.length === 0 ? audience : [audience, ...others],
      client_id: row.client_id,
      iat: row.issued_at,
      exp: row.access_expires_at,
      jti: randomUUID(),
      scope: scopeOf(row),
      auth_time: row.auth_time ?? undefined,
      acr: row.acr ?? undefined,
      cnf: (row.cnf as Confirmation | null) ?? undefined,
      authorization_details: row.authorization_details ?? undefined,
      act: row.act ?? undefined,
    },
    keys.signing(row.access_token_alg as SigningAlg),
    // Ties the token to what can be revoked; introspection and userinfo ask for it.
    {
      ...(row.access_claims as ExtraClaims),
      family_id: row.family_id ?? undefined,
      family_client_id: row.family_client_id ?? undefined,
      exchanged_by: row.exchanged_by ?? undefined,
    },
    row.access_token_typ as AccessTokenType,
  );
}

/** Left out where it is empty (RFC 6749 3.3); a list for resources that want one. */
function scopeOf({ scopes, access_token_scope }: ApiTokens): string | string[] | undefined {
  if (scopes.length === 0) return undefined;
  return access_token_scope === 'array' ? scopes : scopes.join(' ');
}

function idToken(
  issuer: string,
  keys: TenantKeys,
  row: ApiTokens,
  access_token: string,
): Promise<string> {
  return signIdToken(
    {
      iss: issuer,
      sub: row.subject,
      aud: row.client_id,
      iat: row.issued_at,
      exp: row.id_expires_at ?? 0,
      auth_time: row.auth_time ?? undefined,
      nonce: row.nonce ?? undefined,
      acr: row.acr ?? undefined,
      amr: row.amr?.length ? row.amr : undefined,
      sid: row.sid ?? undefined,
    },
    keys.signing(row.id_token_alg as SigningAlg),
    access_token,
    (row.id_claims ?? {}) as ExtraClaims,
  );
}
