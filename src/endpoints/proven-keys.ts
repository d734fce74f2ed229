// RFC 9449, RFC 8705: what a request proves of the keys that its sender has.
import type { Ctx } from '../http/ctx.ts';
import { turnOf } from '../http/turn.ts';
import { type ProofFacts, readProof } from '../protocol/dpop.ts';
import { currentNonce, nonceExpiry } from '../protocol/dpop-nonce.ts';
import type { EndpointServices } from './endpoint.ts';

/** As the functions of pgrant_api take it; null where nothing is proven. */
export type Possession = { proof: ProofFacts } | null;

/**
 * Verifies the proof of a request, and the access token that came with it; whether it is needed, good for
 * something, and new, is for SQL to say. Without one at an endpoint that takes any token, nothing is proven.
 */
export async function possessionOf(
  { queues, secret }: Pick<EndpointServices, 'queues' | 'secret'>,
  ctx: Ctx,
  token?: string,
): Promise<Possession> {
  const { id, issuer } = ctx.state.tenant;
  ctx.state.nonce = () => currentNonce(secret, id);
  const header = ctx.get('dpop');
  if (header === '') return token === undefined ? null : { proof: { fault: 'there is none' } };
  const proof = await queues.signatures.run(turnOf(ctx), () =>
    readProof(header, {
      method: ctx.method,
      urls: [issuer + ctx.path],
      ...(token !== undefined && { token }),
      nonceExpiry: (nonce) => nonceExpiry(secret, id, nonce),
    }),
  );
  // Whoever has had one goes on with the next, and hears of it in time.
  if ('nonce' in proof) ctx.set('DPoP-Nonce', ctx.state.nonce());
  return { proof };
}
