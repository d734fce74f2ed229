// RFC 8628 3.4 and 3.5: a device polls for what its person decides.

import { api } from '../../db/bindings.ts';
import { call } from '../../db/call.ts';
import { refusedDetails } from '../../protocol/authorization-details.ts';
import { malformed } from '../../protocol/errors.ts';
import { newRefreshToken, newSecret, parseToken } from '../../protocol/secrets.ts';
import { type Grant, tokenResponse } from './token-grant.ts';

/** Nobody waits for what a device is told that polls each few seconds: many are decided together, at little cost for others. */
const redeem = { ...api.device_redeem, pause: 100 };

/** Redeems a device code, or says what the device has to wait for. */
export const deviceGrant: Grant = async (request) => {
  const { device_code } = request.values;
  if (device_code === undefined) throw malformed('no device_code');
  if (request.details !== null) throw refusedDetails('a device gets none');
  const parsed = parseToken('device_code', device_code);
  // A hash is asked for all the same: the client is authenticated first.
  const { hash, expires_at } = parsed ?? { hash: newSecret().hash, expires_at: 0 };
  const access = newSecret();
  const refresh = newRefreshToken();
  const row = await call(request.database, redeem, {
    ...request.identity,
    possession: request.possession,
    device_hash: hash,
    device_expires_at: expires_at,
    access_hash: access.hash,
    handle_hash: refresh.handle_hash,
    refresh_hash: refresh.secret_hash,
  });
  return tokenResponse(request, row, access.secret, refresh.token);
};
