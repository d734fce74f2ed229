// RFC 6749 2.3: what every endpoint at which clients authenticate hands to SQL.
import { caller, type Exchange } from '../../http/ctx.ts';
import { turnOf } from '../../http/turn.ts';
import {
  type AssertionFacts,
  type ReadAssertion,
  signingKey,
} from '../../protocol/client-assertion.ts';
import { type ClientParameters, clientCredentials } from '../../protocol/client-auth.ts';
import type { Services } from '../endpoint.ts';

/** The first arguments of the SQL function: tenant, request and client. */
export type ClientIdentity = ReturnType<typeof caller> & {
  client_id: string;
  auth_method: string;
  secret_hash: Buffer | null;
  assertion: AssertionFacts | null;
};

/** Reads who the client says it is, and verifies what it signed; whether that is good is for SQL to say. */
export async function clientIdentity(
  services: Services,
  exchange: Exchange,
  values: ClientParameters,
): Promise<ClientIdentity> {
  const { issuer } = exchange.state.tenant;
  const server = { issuer, token_endpoint: `${issuer}${services.endpoints.token_endpoint}` };
  const client = clientCredentials(exchange.get('authorization') || undefined, values, server);
  const { client_id, method } = client;
  return {
    ...caller(exchange),
    client_id,
    auth_method: method,
    secret_hash: 'secret_hash' in client ? client.secret_hash : null,
    assertion: 'read' in client ? await factsOf(services, exchange, client.read) : null,
  };
}

async function factsOf(
  { clientKeys, queues }: Services,
  exchange: Exchange,
  read: ReadAssertion,
): Promise<AssertionFacts> {
  const { facts, unverifiable } = read;
  if (unverifiable !== undefined) return { fault: `assertion: ${unverifiable}` };
  const key = await clientKeys(caller(exchange), read.client_id, (keys) =>
    queues.signatures.run(turnOf(exchange), () => signingKey(read, keys)),
  );
  if (!key) return { fault: 'assertion: no key of the client has made its signature' };
  return { ...facts, thumbprint: key.thumbprint };
}
