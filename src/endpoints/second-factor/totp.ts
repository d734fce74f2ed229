// RFC 6238: authenticator apps, from the first look at their key to each code.
import { randomBytes } from 'node:crypto';
import { generateURI, ScureBase32Plugin, verifySync } from 'otplib';
import encodeQR from 'qr';
import type { Ctx } from '../../http/ctx.ts';
import { seal, unseal } from '../../protocol/seal.ts';
import type { EndpointServices } from '../endpoint.ts';

type Sealing = Pick<EndpointServices, 'secret'>;

/** RFC 4226 4: at least 128 bits, better 160. */
const keyBytes = 20;
const purpose = 'pgrant totp secret';
const base32 = new ScureBase32Plugin();

/** What a person needs to set up an app, and what the form brings back: nothing is stored before a code was right. */
export function newSetUp(
  services: Sealing,
  ctx: Ctx,
  person: { user_id: string; username: string },
  key: Buffer = randomBytes(keyBytes),
) {
  const { id, title } = ctx.state.tenant;
  const secret = base32.encode(key);
  const uri = generateURI({ issuer: title, label: person.username, secret });
  const sealed = seal(services.secret, purpose, { tenant: id, name: person.user_id }, key);
  return {
    qr: encodeQR(uri, 'svg', { ecc: 'medium', border: 2 }),
    uri,
    key: secret.match(/.{1,4}/g)?.join(' '),
    sealed: sealed.toString('base64url'),
  };
}

/** The key that was sealed for this person; undefined for anything else that a form brings. */
export function openSetUp(
  services: Sealing,
  ctx: Ctx,
  user_id: string,
  sealed: string,
): Buffer | undefined {
  try {
    return openKey(services, ctx, user_id, Buffer.from(sealed, 'base64url'));
  } catch {
    return undefined;
  }
}

/** The key of a person's app. */
export function openKey(services: Sealing, ctx: Ctx, user_id: string, sealed: Buffer): Buffer {
  return unseal(services.secret, purpose, { tenant: ctx.state.tenant.id, name: user_id }, sealed);
}

/** The time step whose code was typed, of those a step around now (RFC 6238 5.2, 6); undefined for a wrong one. */
export function stepOf(key: Buffer, typed: string): number | undefined {
  const token = typed.replace(/[\s-]/g, '');
  if (!/^[0-9]{6}$/.test(token)) return undefined;
  const found = verifySync({ secret: key, token, strategy: 'totp', epochTolerance: 30 });
  return found.valid && 'timeStep' in found ? found.timeStep : undefined;
}
