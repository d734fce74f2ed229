// RFC 9101: the request object of an authorization request, verified.
import { type Ctx, caller } from '../../http/ctx.ts';
import { turnOf } from '../../http/turn.ts';
import { requestUris } from '../../outbound/request-uris.ts';
import { signingKey } from '../../protocol/client-assertion.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { type RawParameters, readParameters } from '../../protocol/params.ts';
import {
  type ReadRequestObject,
  type RequestObjectFacts,
  readRequestObject,
} from '../../protocol/request-object.ts';
import type { EndpointServices } from '../endpoint.ts';

/** What SQL is told of a request object, and the parameters that count: those inside, where it can be read at all. */
type RequestObject = { facts: RequestObjectFacts; parameters: RawParameters };

/** Makes the reader of request objects, by value and by reference; undefined where a request has none. */
export function requestObjects(services: EndpointServices) {
  const fetchRequest = requestUris(services);
  return async (ctx: Ctx, sent: RawParameters): Promise<RequestObject | undefined> => {
    const { values, faults } = readParameters(sent, ['client_id', 'request', 'request_uri']);
    const { client_id, request, request_uri } = values;
    const unreadable = faults.request ?? faults.request_uri;
    if (unreadable !== undefined) return refused(sent, unreadable, 'invalid_request');
    if (client_id === undefined) return undefined;
    if (request !== undefined && request_uri !== undefined) {
      // OpenID Connect Core 6.1.
      return refused(sent, 'request and request_uri exclude each other', 'invalid_request');
    }
    try {
      const jwt =
        request_uri === undefined
          ? request
          : await fetchRequest(caller(ctx), client_id, request_uri);
      if (jwt === undefined) return undefined;
      const beside = { client_id, response_type: sent.response_type };
      const read = readRequestObject(jwt, beside, ctx.state.tenant.issuer);
      if (!read) return refused(sent, 'it is no signed JWT');
      return {
        facts: await factsOf(services, ctx, client_id, read),
        parameters: read.parameters,
      };
    } catch (failure) {
      if (!(failure instanceof OAuthError)) throw failure;
      return refused(sent, failure.detail ?? failure.reason, failure.error);
    }
  };
}

/** A request whose object cannot be read is answered as it asks for beside it. */
function refused(
  parameters: RawParameters,
  fault: string,
  error: OAuthError['error'] = 'invalid_request_object',
): RequestObject {
  return { facts: { fault, error }, parameters };
}

async function factsOf(
  { clientKeys, queues }: EndpointServices,
  ctx: Ctx,
  clientId: string,
  read: ReadRequestObject,
): Promise<RequestObjectFacts> {
  if (read.unverifiable !== undefined) return { fault: read.unverifiable };
  const key = await clientKeys(caller(ctx), clientId, (keys) =>
    queues.signatures.run(turnOf(ctx), () => signingKey(read.jwt, read, keys)),
  );
  if (!key) return { fault: 'no key of the client has made its signature' };
  return { ...read.facts, thumbprint: key.thumbprint };
}
