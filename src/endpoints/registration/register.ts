// RFC 7591 3: clients register themselves.

import { type ApiRegistration, api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { bearer, jsonObject } from '../../http/body.ts';
import { caller, type Exchange } from '../../http/ctx.ts';
import { refuse } from '../../http/refuse.ts';
import { turnOf } from '../../http/turn.ts';
import { type ClientMetadata, readClientMetadata } from '../../protocol/client-metadata.ts';
import { newLastingSecret, secretHash } from '../../protocol/secrets.ts';
import { readSoftwareStatement } from '../../protocol/software-statement.ts';
import type { Endpoint, Services } from '../endpoint.ts';

type Sent = Record<string, unknown>;

/** Registers a client and answers with all that is stored, its secret and its registration access token. */
export function register(services: Services): Endpoint {
  return async (exchange) => {
    const initial = bearer(exchange);
    const sent = jsonObject(exchange, 'invalid_client_metadata');
    const metadata = await readMetadata(services, exchange, 'registration.add', sent);
    const [secret, registration] = [
      newLastingSecret('client_secret'),
      newLastingSecret('registration'),
    ];
    const row = await call(services.database, api.registration_add, {
      ...caller(exchange),
      metadata,
      initial_hash: initial === undefined ? null : secretHash(initial),
      next_secret_hash: secret.hash,
      next_registration_hash: registration.hash,
    });
    exchange.status = 201;
    answerRegistration(exchange, row, { token: registration.secret, secret: secret.secret });
  };
}

/** The metadata that were sent, as they can be registered; what is refused is recorded. */
export async function readMetadata(
  services: Services,
  exchange: Exchange,
  action: string,
  sent: Sent,
): Promise<ClientMetadata> {
  const metadata = await vouched(services, exchange, sent);
  try {
    return readClientMetadata(metadata);
  } catch (failure) {
    return refuse(services.database, exchange, action, failure);
  }
}

/** The metadata that were sent; those of a software statement take precedence (RFC 7591 2.3). */
async function vouched(
  { database, queues }: Services,
  exchange: Exchange,
  sent: Sent,
): Promise<Sent> {
  const { software_statement } = sent;
  if (software_statement === undefined || software_statement === null) return sent;
  const { issuers } = await call(database, api.registration_settings, caller(exchange));
  try {
    const metadata = await queues.signatures.run(turnOf(exchange), () =>
      readSoftwareStatement(software_statement, issuers as Sent),
    );
    return { ...sent, ...metadata };
  } catch (failure) {
    return refuse(database, exchange, 'registration.add', failure);
  }
}

/** The client information response (RFC 7591 3.2.1, RFC 7592 3). The secret is told once. */
export function answerRegistration(
  exchange: Exchange,
  { client_id, issued_at, metadata, secret }: ApiRegistration,
  proposed: { token: string; secret: string },
): void {
  exchange.set('Cache-Control', 'no-store');
  exchange.set('Pragma', 'no-cache');
  exchange.body = {
    ...(metadata as object),
    client_id,
    client_id_issued_at: issued_at,
    ...(secret === 'new' && { client_secret: proposed.secret }),
    ...(secret !== 'none' && { client_secret_expires_at: 0 }),
    registration_access_token: proposed.token,
    registration_client_uri: `${exchange.state.tenant.issuer}/oauth/register/${client_id}`,
  };
}
