// RFC 8693: urn:ietf:params:oauth:grant-type:token-exchange.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { malformed } from '../../protocol/errors.ts';
import { identityAssertionTokenType } from '../../protocol/identity-assertion.ts';
import { parseScope } from '../../protocol/scope.ts';
import { newSecret } from '../../protocol/secrets.ts';
import { assertionGrant } from '../identity-assertion/issue.ts';
import { accessTokenArguments } from './presented-token.ts';
import { type Grant, type TokenRequest, tokenResponse } from './token-grant.ts';

/** RFC 8693 3: the one type of token that is taken and given here. */
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';

/** Exchanges the access token of a person for one with which its client goes on to another API. */
export const exchangeGrant: Grant = async (request) => {
  const { values, keys, issuer } = request;
  if (values.requested_token_type === identityAssertionTokenType) return assertionGrant(request);
  const { subject_token, actor_token, audience } = values;
  requireTypes(values);
  const scopes = parseScope(values.scope);
  const subject = await accessTokenArguments(subject_token ?? '', keys.verifying, issuer);
  const issued = newSecret();
  const row = await call(request.database, api.token_exchange, {
    ...request.identity,
    possession: request.possession,
    ...subject,
    actor: actor_token === undefined ? null : await actorOf(actor_token, request),
    scope: scopes.length === 0 ? null : scopes.join(' '),
    issued_hash: issued.hash,
    resource: request.resources.join(' '),
    audience: audience ?? null,
    authorization_details: request.details,
  });
  const answer = await tokenResponse(request, row, issued.secret);
  return { ...answer, issued_token_type: accessTokenType };
};

/** RFC 8693 2.1: throws invalid_request for what is not there, or of another type. */
function requireTypes(values: TokenRequest['values']): void {
  const { subject_token, subject_token_type, actor_token, actor_token_type } = values;
  const { requested_token_type = accessTokenType } = values;
  if (subject_token === undefined) throw malformed('subject_token is missing');
  if (subject_token_type === undefined) throw malformed('subject_token_type is missing');
  if (subject_token_type !== accessTokenType) throw unknownType('subject_token_type');
  if ((actor_token === undefined) !== (actor_token_type === undefined)) {
    throw malformed('actor_token and actor_token_type go together');
  }
  if ((actor_token_type ?? accessTokenType) !== accessTokenType)
    throw unknownType('actor_token_type');
  if (requested_token_type !== accessTokenType) throw unknownType('requested_token_type');
}

const unknownType = (name: string) => malformed(`${name} is not ${accessTokenType}`);

async function actorOf(token: string, { keys, issuer }: TokenRequest) {
  const { access_hash, ...rest } = await accessTokenArguments(token, keys.verifying, issuer);
  return { ...rest, access_hash: access_hash?.toString('hex') ?? null };
}
