// RFC 7591 3: clients register themselves.

import { type ApiRegistration, api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { bearer, jsonObject } from '../../http/body.ts';
import { type Ctx, caller } from '../../http/ctx.ts';
import { refuse } from '../../http/refuse.ts';
import { turnOf } from '../../http/turn.ts';
import { serverFetch } from '../../outbound/guarded-fetch.ts';
import { checkSector } from '../../outbound/sector.ts';
import { type ClientMetadata, readClientMetadata } from '../../protocol/client-metadata.ts';
import { newLastingSecret, secretHash } from '../../protocol/secrets.ts';
import { readSoftwareStatement } from '../../protocol/software-statement.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';

type Sent = Record<string, unknown>;

/** Registers a client and answers with all that is stored, its secret and its registration access token. */
export function register(services: EndpointServices): Endpoint {
  return async (ctx) => {
    const initial = bearer(ctx);
    const sent = jsonObject(ctx, 'invalid_client_metadata');
    const initial_hash = initial === undefined ? null : secretHash(initial);
    const known = { initial_hash, registered_id: null, registration_hash: null };
    const metadata = await readMetadata(services, ctx, known, sent);
    const [secret, registration] = [
      newLastingSecret('client_secret'),
      newLastingSecret('registration'),
    ];
    const row = await call(services.database, api.registration_add, {
      ...caller(ctx),
      metadata,
      initial_hash,
      next_secret_hash: secret.hash,
      next_registration_hash: registration.hash,
    });
    ctx.status = 201;
    answerRegistration(ctx, row, { token: registration.secret, secret: secret.secret });
  };
}

/** Who registers: by an initial access token or none, or as the client that has registered. */
type Known = {
  initial_hash: Buffer | null;
  registered_id: string | null;
  registration_hash: Buffer | null;
};

/**
 * The metadata that were sent, as they can be registered; what is refused is recorded. Whoever may not register has
 * nothing fetched or verified.
 */
export async function readMetadata(
  services: EndpointServices,
  ctx: Ctx,
  known: Known,
  sent: Sent,
): Promise<ClientMetadata> {
  const action = known.registered_id === null ? 'registration.add' : 'registration.replace';
  const { software_statement, sector_identifier_uri: sector } = sent;
  const costs = [software_statement, sector].some((one) => one !== undefined && one !== null);
  const settings = costs
    ? await call(services.database, api.registration_settings, { ...caller(ctx), ...known })
    : undefined;
  try {
    const read = readClientMetadata(await vouched(services, ctx, sent, settings?.issuers));
    const { sector_identifier_uri } = read;
    if (sector_identifier_uri !== undefined) {
      const turn = [ctx.state.tenant.id, new URL(sector_identifier_uri).host];
      const fetch = serverFetch(services.config);
      await services.queues.fetches.run(turn, () => checkSector(fetch, read));
    }
    return read;
  } catch (failure) {
    return refuse(services.database, ctx, action, failure);
  }
}

/** The metadata that were sent; those of a software statement take precedence (RFC 7591 2.3). */
async function vouched(
  { queues, endpoints }: EndpointServices,
  ctx: Ctx,
  sent: Sent,
  issuers: unknown,
): Promise<Sent> {
  const { software_statement } = sent;
  const { issuer } = ctx.state.tenant;
  if (software_statement === undefined || software_statement === null) return sent;
  const metadata = await queues.signatures.run(turnOf(ctx), () =>
    readSoftwareStatement(software_statement, issuers as Sent, [
      issuer,
      `${issuer}${endpoints.registration_endpoint}`,
    ]),
  );
  return { ...sent, ...metadata };
}

/** The client information response (RFC 7591 3.2.1, RFC 7592 3). The secret is told once. */
export function answerRegistration(
  ctx: Ctx,
  { client_id, issued_at, metadata, secret }: ApiRegistration,
  proposed: { token: string; secret: string },
): void {
  ctx.set('Cache-Control', 'no-store');
  ctx.set('Pragma', 'no-cache');
  ctx.body = {
    ...(metadata as object),
    client_id,
    client_id_issued_at: issued_at,
    ...(secret === 'new' && { client_secret: proposed.secret }),
    ...(secret !== 'none' && { client_secret_expires_at: 0 }),
    registration_access_token: proposed.token,
    registration_client_uri: `${ctx.state.tenant.issuer}/oauth/register/${client_id}`,
  };
}
