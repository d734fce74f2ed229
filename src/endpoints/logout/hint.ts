// RP-Initiated Logout 2: id_token_hint says who asks, for whom, and of which session.

import type { Ctx } from '../../http/ctx.ts';
import { OAuthError } from '../../protocol/errors.ts';
import { seal, unseal } from '../../protocol/seal.ts';
import { verifyIdTokenHint } from '../../protocol/tokens.ts';
import type { EndpointServices } from '../endpoint.ts';

type Hint = { sub: string; aud: string; sid?: string | undefined };

const purpose = 'pgrant logout hint';
const sealedMilliseconds = 300_000;

/** What a hint says; one that does not verify is as good as none. */
export async function readHint(
  { keyring }: Pick<EndpointServices, 'keyring'>,
  ctx: Ctx,
  hint: string | undefined,
): Promise<Hint | undefined> {
  if (hint === undefined) return undefined;
  try {
    const { verifying } = await keyring(ctx);
    return await verifyIdTokenHint(hint, verifying, ctx.state.tenant.issuer);
  } catch (failure) {
    if (failure instanceof OAuthError && failure.error === 'invalid_request') return undefined;
    throw failure;
  }
}

/** What a verified hint says, for a URL that is opened at once and is worth nothing afterwards. */
export function sealHint(
  { secret }: Pick<EndpointServices, 'secret'>,
  ctx: Ctx,
  { sub, aud, sid }: Hint,
): string {
  const plain = JSON.stringify({ sub, aud, sid, until: Date.now() + sealedMilliseconds });
  return seal(secret, purpose, place(ctx), Buffer.from(plain)).toString('base64url');
}

/** What sealHint sealed; undefined for anything else, and when its time is over. */
export function openHint(
  { secret }: Pick<EndpointServices, 'secret'>,
  ctx: Ctx,
  sealed: string,
): Hint | undefined {
  try {
    const plain = unseal(secret, purpose, place(ctx), Buffer.from(sealed, 'base64url'));
    const { until, ...hint } = JSON.parse(plain.toString());
    return until > Date.now() ? hint : undefined;
  } catch {
    return undefined;
  }
}

function place({ state }: Ctx) {
  return { tenant: state.tenant.id, name: 'logout' };
}
