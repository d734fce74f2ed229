// RFC 6749 2.3: what every endpoint at which clients authenticate hands to SQL.
import { type Ctx, caller } from '../../http/ctx.ts';
import { turnOf } from '../../http/turn.ts';
import {
  type AssertionFacts,
  type ReadAssertion,
  readAssertion,
  signingKey,
} from '../../protocol/client-assertion.ts';
import { type ClientParameters, clientCredentials } from '../../protocol/client-auth.ts';
import { malformed } from '../../protocol/errors.ts';
import type { EndpointServices } from '../endpoint.ts';
import { certificateOf } from '../proven-keys.ts';

/** The first arguments of the SQL function: tenant, request and client. */
export type ClientIdentity = ReturnType<typeof caller> & {
  client_id: string;
  auth_method: string;
  secret_hash: Buffer | null;
  assertion: AssertionFacts | null;
};

/** Reads who the client says it is, and verifies what it signed; whether that is good is for SQL to say. */
export async function clientIdentity(
  services: EndpointServices,
  ctx: Ctx,
  values: ClientParameters,
): Promise<ClientIdentity> {
  const { issuer } = ctx.state.tenant;
  const server = { issuer, token_endpoint: `${issuer}${services.endpoints.token_endpoint}` };
  const client = clientCredentials(ctx.get('authorization') || undefined, values, server);
  const { client_id, method } = client;
  if (method === 'none') await fetchSelfSigned(services, ctx, client_id);
  return {
    ...caller(ctx),
    client_id,
    auth_method: method,
    secret_hash: 'secret_hash' in client ? client.secret_hash : null,
    assertion: 'read' in client ? await factsOf(services, ctx, client.read) : null,
  };
}

/** The same for a client whose assertion is its grant (RFC 7523 2.1), and proves who it is. */
export async function assertedIdentity(
  services: EndpointServices,
  ctx: Ctx,
  { assertion, ...values }: ClientParameters & { assertion?: string | undefined },
): Promise<ClientIdentity> {
  if (assertion === undefined) throw malformed('no assertion');
  const { client_id, ...credentials } = values;
  if (ctx.get('authorization') || credentials.client_secret || credentials.client_assertion) {
    throw malformed('the assertion is the proof of the client, and no other goes with it');
  }
  const { issuer } = ctx.state.tenant;
  const server = { issuer, token_endpoint: `${issuer}${services.endpoints.token_endpoint}` };
  const read = readAssertion(assertion, client_id, server, true);
  return {
    ...caller(ctx),
    client_id: read.client_id,
    auth_method: 'private_key_jwt',
    secret_hash: null,
    assertion: await factsOf(services, ctx, read),
  };
}

/** RFC 8705 2.2: what SQL compares a certificate with may first have to be fetched from jwks_uri. */
async function fetchSelfSigned(services: EndpointServices, ctx: Ctx, client_id: string) {
  const certificate = certificateOf(services, ctx)?.certificate;
  if (!certificate?.self_signed) return;
  await services.clientKeys(caller(ctx), client_id, async (keys) =>
    keys.find(({ thumbprint }) => thumbprint === certificate.key),
  );
}

async function factsOf(
  { clientKeys, queues }: EndpointServices,
  ctx: Ctx,
  read: ReadAssertion,
): Promise<AssertionFacts> {
  const { facts, unverifiable } = read;
  if (unverifiable !== undefined) return { fault: `assertion: ${unverifiable}` };
  const key = await clientKeys(caller(ctx), read.client_id, (keys) =>
    queues.signatures.run(turnOf(ctx), () => signingKey(read.assertion, read, keys)),
  );
  if (!key) return { fault: 'assertion: no key of the client has made its signature' };
  return { ...facts, thumbprint: key.thumbprint };
}
