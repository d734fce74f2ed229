// draft-ietf-oauth-identity-assertion-authz-grant (ID-JAG) 4.3, RFC 8693: an identity assertion for another authorization server.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { malformed, OAuthError } from '../../protocol/errors.ts';
import {
  identityAssertionTokenType,
  signIdentityAssertion,
} from '../../protocol/identity-assertion.ts';
import type { SigningAlg } from '../../protocol/keys.ts';
import { parseScope } from '../../protocol/scope.ts';
import { parseRefreshToken } from '../../protocol/secrets.ts';
import { verifyIdTokenHint } from '../../protocol/tokens.ts';
import type { Grant, TokenRequest } from '../token/token-grant.ts';

const subjectTypes = [
  'urn:ietf:params:oauth:token-type:id_token',
  'urn:ietf:params:oauth:token-type:refresh_token',
] as const;

/** Gives the client an identity assertion for the ID token, or the refresh token, that it was given here. */
export const assertionGrant: Grant = async (request) => {
  const { values, issuer, keys, resources } = request;
  const subject = requireSubject(values);
  if (values.audience === undefined) throw malformed('audience is missing');
  if (values.actor_token !== undefined || values.actor_token_type !== undefined) {
    throw malformed('actor_token is not taken for an identity assertion');
  }
  const scopes = parseScope(values.scope);
  const row = await call(request.database, api.identity_assertion_issue, {
    ...request.identity,
    possession: request.possession,
    ...(await subjectArguments(subject, request)),
    audience: values.audience,
    resource: resources.length === 0 ? null : resources.join(' '),
    scope: scopes.length === 0 ? null : scopes.join(' '),
    authorization_details: request.details,
  });
  const [resource, ...others] = row.resources;
  const scope = row.scopes.join(' ');
  const access_token = await signIdentityAssertion(
    {
      iss: issuer,
      sub: row.subject,
      aud: row.audience,
      client_id: row.client_id,
      iat: row.issued_at,
      exp: row.expires_at,
      scope,
      resource: others.length === 0 ? resource : row.resources,
      auth_time: row.auth_time ?? undefined,
      acr: row.acr ?? undefined,
      amr: row.amr.length > 0 ? row.amr : undefined,
      cnf: row.jkt === null ? undefined : { jkt: row.jkt },
    },
    keys.signing(row.alg as SigningAlg),
  );
  return {
    issued_token_type: identityAssertionTokenType,
    access_token,
    token_type: 'N_A',
    scope,
    expires_in: row.expires_at - row.issued_at,
  };
};

type Subject = { token: string; type: (typeof subjectTypes)[number] };

/** RFC 8693 2.1: throws invalid_request for what is not there, or of another type. */
function requireSubject({ subject_token, subject_token_type }: TokenRequest['values']): Subject {
  if (subject_token === undefined) throw malformed('subject_token is missing');
  const type = subjectTypes.find((known) => known === subject_token_type);
  if (type === undefined) {
    throw malformed(`subject_token_type is none of ${subjectTypes.join(', ')}`);
  }
  return { token: subject_token, type };
}

/** What the database has to look up; nulls for no token of ours. */
async function subjectArguments({ token, type }: Subject, { keys, issuer }: TokenRequest) {
  if (type === subjectTypes[0]) {
    return {
      id_token: await idTokenClaims(token, keys.verifying, issuer),
      handle_hash: null,
      refresh_hash: null,
    };
  }
  const refresh = parseRefreshToken(token);
  return {
    id_token: null,
    handle_hash: refresh?.handle_hash ?? null,
    refresh_hash: refresh?.secret_hash ?? null,
  };
}

async function idTokenClaims(
  token: string,
  ...issuer: [TokenRequest['keys']['verifying'], string]
) {
  try {
    const { sub, aud, sid, iat, exp, auth_time, acr, amr } = await verifyIdTokenHint(
      token,
      ...issuer,
    );
    return { sub, aud, sid, iat, exp, auth_time, acr, amr };
  } catch (failure) {
    if (failure instanceof OAuthError) return null;
    throw failure;
  }
}
