// RFC 6749 3.2: the token endpoint, one file per grant.
import { parameters } from '../../http/body.ts';
import type { Ctx } from '../../http/ctx.ts';
import { malformed, OAuthError } from '../../protocol/errors.ts';
import { grantTypes } from '../../protocol/lists.ts';
import { requireReadable } from '../../protocol/params.ts';
import { parseResources } from '../../protocol/scope.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { isIdentityAssertion, redeemAssertion } from '../identity-assertion/redeem.ts';
import { possessionOf } from '../proven-keys.ts';
import { codeGrant } from './authorization-code.ts';
import { clientCredentialsGrant } from './client-credentials.ts';
import { assertedIdentity, clientIdentity } from './client-identity.ts';
import { deviceGrant } from './device-code.ts';
import { jwtBearerGrant } from './jwt-bearer.ts';
import { refreshGrant } from './refresh-token.ts';
import { exchangeGrant } from './token-exchange.ts';
import { type Grant, names, type TokenRequest } from './token-grant.ts';

type GrantType = (typeof grantTypes)[number];

/** One for each grant type that clients may have. */
const grants: Record<GrantType, Grant> = {
  authorization_code: codeGrant,
  refresh_token: refreshGrant,
  client_credentials: clientCredentialsGrant,
  'urn:ietf:params:oauth:grant-type:jwt-bearer': jwtBearerGrant,
  'urn:ietf:params:oauth:grant-type:device_code': deviceGrant,
  'urn:ietf:params:oauth:grant-type:token-exchange': exchangeGrant,
};

/** Answers a token request. */
export function token(services: EndpointServices): Endpoint {
  const { background, pollRate } = services;
  return async (ctx) => {
    const { values, resources } = requireReadable(parameters(ctx), names);
    const { grant_type } = values;
    if (grant_type === undefined) throw malformed('no grant_type');
    if (!isGrantType(grant_type))
      throw new OAuthError('unsupported_grant_type', 'grant_type unknown');
    ctx.state.grant = grant_type;
    const answer = async () => {
      ctx.body = await granted(services, ctx, grant_type, { values, resources });
      ctx.set('Cache-Control', 'no-store');
      ctx.set('Pragma', 'no-cache');
    };
    if (grants[grant_type] !== deviceGrant) return answer();
    return background.inTurn(ctx, () => {
      pollRate.admit(ctx.state.tenant.id);
      return answer();
    });
  };
}

type Asked = { values: TokenRequest['values']; resources: readonly string[] };

/** Finds out who asks with what, and has the grant answer. */
async function granted(
  services: EndpointServices,
  ctx: Ctx,
  grantType: GrantType,
  { values, resources }: Asked,
): Promise<object> {
  const { database, keyring, authorizationDetails } = services;
  const own = grants[grantType] === jwtBearerGrant && !isIdentityAssertion(ctx, values);
  const identify = own ? assertedIdentity : clientIdentity;
  const grant =
    grants[grantType] === jwtBearerGrant && !own
      ? redeemAssertion(services, ctx)
      : grants[grantType];
  const identity = await identify(services, ctx, values);
  const details = await authorizationDetails(ctx, values.authorization_details);
  const possession = await possessionOf(services, ctx);
  // What can fail comes first: after the commit there is nothing left to do but sign.
  const keys = await keyring(ctx);
  return grant({
    database,
    keys,
    issuer: ctx.state.tenant.issuer,
    values,
    resources: parseResources(resources),
    details,
    identity,
    possession,
  });
}

function isGrantType(value: string): value is GrantType {
  return grantTypes.includes(value as GrantType);
}
