// One attempt to tell a client of a logout (OpenID Connect Back-Channel Logout 2.5): taken from the database, signed, sent,
// and its end recorded.

import { ops } from '../db/bindings.ts';
import { call, callAll } from '../db/call.ts';
import { openSigningKey, type SigningAlg } from '../protocol/keys.ts';
import { signLogoutToken } from '../protocol/tokens.ts';
import { type Courier, notify } from './notice.ts';

export type ToldClient = { tenant: string; client_id: string };

type Taken = NonNullable<(typeof ops.logout_delivery_begin)['types']>[1];

/** Tells the client of the logout that is due for longest; false where none is due. */
export async function tellNext(courier: Courier, client: ToldClient): Promise<boolean> {
  const { database, log } = courier;
  const [taken] = await callAll(database, ops.logout_delivery_begin, client);
  if (!taken) return false;
  const { delivery_id, attempt, url, issuer } = taken;
  const answer = await notify(issuer, url, async () => ({
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `${new URLSearchParams({ logout_token: await logoutToken(courier, client, taken) })}`,
  }));
  const { logout_delivery_end: state } = await call(database, ops.logout_delivery_end, {
    ...client,
    delivery_id,
    attempt,
    ...answer,
  });
  const said = { ...client, delivery_id, attempt, ...answer, state };
  if (state === 'delivered') log.debug(said, 'logout told');
  else log.warn(said, 'logout not told');
  return true;
}

/** Made anew for each attempt: a retry may come long after the one before has expired. */
function logoutToken(
  { secret }: Courier,
  { tenant, client_id }: ToldClient,
  { issuer, subject, sid, kid, alg, sealed_private }: Taken,
): Promise<string> {
  const key = openSigningKey(secret, tenant, {
    kid,
    alg: alg as SigningAlg,
    sealed: Buffer.from(sealed_private),
  });
  return signLogoutToken({ iss: issuer, sub: subject, aud: client_id, sid }, key);
}
