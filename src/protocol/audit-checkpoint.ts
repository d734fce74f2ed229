// RFC 7515 and RFC 7519: a signed statement that the audit of a tenant had a seal.
import {
  calculateJwkThumbprint,
  EmbeddedJWK,
  errors,
  type JWTHeaderParameters,
  jwtVerify,
  SignJWT,
} from 'jose';
import type { PublicJwk, TokenKey } from './keys.ts';
import { signingAlgs } from './lists.ts';

/** What a checkpoint says; times are epoch seconds. */
export type Checkpoint = {
  /** Issuer identifier of the tenant. */
  iss: string;
  iat: number;
  tenant_id: string;
  /** Number of the seal in the tenant's chain. */
  number: number;
  /** The seal in hexadecimal digits. */
  seal: string;
  /** Events in this seal and all before it. */
  total: number;
  sealed_at: number;
};

/** The checkpoint is not one: what is wrong with it. */
export class CheckpointError extends Error {
  override name = 'CheckpointError';
}

const typ = 'audit-checkpoint+jwt';

/** Signs a checkpoint. The public key travels in the header: it is to be read after the key is gone. */
export function signCheckpoint(
  claims: Checkpoint,
  { kid, alg, key }: TokenKey,
  jwk: PublicJwk,
): Promise<string> {
  const header = { alg, typ, kid, jwk: { ...jwk } };
  return new SignJWT({ ...claims }).setProtectedHeader(header).sign(key);
}

/**
 * Reads a checkpoint and the id of its key; throws CheckpointError. The signature says that nobody
 * changed it since; that the key is the issuer's is for whoever kept the copy, or the JWK set, to say.
 */
export async function readCheckpoint(
  jwt: string,
): Promise<{ kid: string; checkpoint: Checkpoint }> {
  try {
    const { payload, protectedHeader } = await jwtVerify<Checkpoint>(jwt, EmbeddedJWK, {
      algorithms: [...signingAlgs],
      typ,
      requiredClaims: ['iss', 'iat', 'tenant_id', 'number', 'seal', 'total', 'sealed_at'],
    });
    return { kid: await ownKid(protectedHeader), checkpoint: payload as Checkpoint };
  } catch (failure) {
    if (!(failure instanceof errors.JOSEError || failure instanceof TypeError)) throw failure;
    throw new CheckpointError(`the checkpoint is not one, or was altered: ${failure.message}`);
  }
}

async function ownKid({ kid, jwk }: JWTHeaderParameters): Promise<string> {
  const thumbprint = jwk && (await calculateJwkThumbprint(jwk));
  if (kid === undefined || kid !== thumbprint) {
    throw new errors.JWTInvalid('its kid is not the thumbprint of its key');
  }
  return kid;
}
