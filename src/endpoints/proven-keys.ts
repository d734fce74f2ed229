// RFC 9449, RFC 8705: what a request proves of the keys that its sender has.

import { LRUCache } from 'lru-cache';
import type { Ctx } from '../http/ctx.ts';
import { cameToMtlsPort } from '../http/origin.ts';
import { clientCertificate } from '../http/presented-certificate.ts';
import { turnOf } from '../http/turn.ts';
import { type CertificateFacts, certificateFacts } from '../protocol/client-certificate.ts';
import { mtlsUrl } from '../protocol/discovery.ts';
import { type ProofFacts, type ProofKey, readProof } from '../protocol/dpop.ts';
import { currentNonce, nonceExpiry } from '../protocol/dpop-nonce.ts';
import type { EndpointServices } from './endpoint.ts';

/** Of clients that come back, whatever their tenant: a key says nothing by itself. */
const known = new LRUCache<string, ProofKey>({ max: 1000 });

/** As the functions of pgrant_api take it; null where nothing is proven. */
export type Possession = { proof?: ProofFacts; certificate?: CertificateFacts } | null;

/** The client certificate of a request, as SQL takes it. */
export function certificateOf(
  { config }: Pick<EndpointServices, 'config'>,
  { req }: Ctx,
): { certificate: CertificateFacts } | null {
  const found = clientCertificate(req, config);
  return found ? { certificate: certificateFacts(found, config.mtlsAuthorities) } : null;
}

/** Where a request may have been sent to, as its client sees it (RFC 9449 4.3, RFC 8705 5). */
function urlsOf({ config }: Pick<EndpointServices, 'config'>, { req, path, state }: Ctx): string[] {
  const { issuer } = state.tenant;
  const atMtlsPort = cameToMtlsPort(req, config);
  return [
    ...(atMtlsPort ? [] : [issuer]),
    ...(atMtlsPort === false ? [] : [mtlsUrl(issuer, config)]),
  ].map((url) => url + path);
}

/**
 * Verifies the proof of a request, and the access token that came with it; whether it is needed, good for
 * something, and new, is for SQL to say. Without one at an endpoint that takes any token, nothing is proven.
 */
export async function possessionOf(
  services: Pick<EndpointServices, 'config' | 'queues' | 'secret'>,
  ctx: Ctx,
  token?: string,
): Promise<Possession> {
  const { queues, secret } = services;
  const certificate = certificateOf(services, ctx);
  const { id } = ctx.state.tenant;
  ctx.state.nonce = () => currentNonce(secret, id);
  // An empty one is a proof that failed: its sender would take an unbound token for a bound one.
  const header = ctx.headers.dpop as string | undefined;
  if (header === undefined) {
    return token === undefined
      ? certificate
      : { ...certificate, proof: { fault: 'there is none' } };
  }
  const proof = await readProof(header, {
    method: ctx.method,
    urls: urlsOf(services, ctx),
    ...(token !== undefined && { token }),
    known,
    inTurn: (work) => queues.signatures.run(turnOf(ctx), work),
    nonceExpiry: (nonce) => nonceExpiry(secret, id, nonce),
  });
  // Whoever has had one goes on with the next, and hears of it in time.
  if ('nonce' in proof) ctx.set('DPoP-Nonce', ctx.state.nonce());
  return { ...certificate, proof };
}
