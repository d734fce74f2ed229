// draft-ietf-oauth-identity-assertion-authz-grant (ID-JAG) 4.4, RFC 7523 2.1: the identity assertion of another issuer is a grant.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { type Ctx, caller } from '../../http/ctx.ts';
import { turnOf } from '../../http/turn.ts';
import { signingKey } from '../../protocol/client-assertion.ts';
import {
  claimedIssuer,
  type IdentityAssertionFacts,
  readIdentityAssertion,
} from '../../protocol/identity-assertion.ts';
import { parseScope } from '../../protocol/scope.ts';
import { newSecret } from '../../protocol/secrets.ts';
import type { EndpointServices } from '../endpoint.ts';
import { type Grant, type TokenRequest, tokenResponse } from '../token/token-grant.ts';

/**
 * Whether the assertion of a JWT bearer grant is about a person, and not the client's own: it says so, or it is of
 * another issuer and the client proves by other means who it is.
 */
export function isIdentityAssertion(ctx: Ctx, values: TokenRequest['values']): boolean {
  const { assertion, client_id, client_secret, client_assertion } = values;
  const { typed, iss } = claimedIssuer(assertion);
  const proven = ctx.get('authorization') || client_secret || client_assertion;
  const foreign = typeof iss === 'string' && /^https?:/.test(iss) && iss !== client_id;
  return typed || (Boolean(proven) && foreign);
}

/** Issues an access token for the person whom the assertion names. */
export function redeemAssertion(services: EndpointServices, ctx: Ctx): Grant {
  return async (request) => {
    const { values, resources } = request;
    const facts = await factsOf(services, ctx, values.assertion ?? '');
    const scopes = parseScope(values.scope);
    const access = newSecret();
    const row = await call(request.database, api.identity_assertion_redeem, {
      ...request.identity,
      possession: request.possession,
      identity_assertion: facts,
      scope: scopes.length === 0 ? null : scopes.join(' '),
      resource: resources.join(' '),
      access_hash: access.hash,
      authorization_details: request.details,
    });
    const resource = resources.length > 0 ? resources : (facts.resources ?? []);
    const answer = await tokenResponse(request, row, access.secret);
    return { ...answer, ...(resource.length > 0 && { resource }) };
  };
}

async function factsOf(
  { issuerKeys, queues }: EndpointServices,
  ctx: Ctx,
  assertion: string,
): Promise<IdentityAssertionFacts> {
  const read = readIdentityAssertion(assertion);
  if ('fault' in read) return { fault: read.fault };
  const key = await issuerKeys(caller(ctx), read.issuer, (keys) =>
    queues.signatures.run(turnOf(ctx), () => signingKey(assertion, read, keys)),
  );
  if (!key) return { fault: 'no key of its issuer has made its signature' };
  return { ...read.facts, alg: read.alg, thumbprint: key.thumbprint };
}
