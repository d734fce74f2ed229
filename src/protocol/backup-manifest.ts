// RFC 7515 and RFC 7519: what a database was when it was dumped, signed under the secret that its processes share.
import { errors, jwtVerify, SignJWT } from 'jose';
import { derivedText, type Master } from './seal.ts';

/** What a database is, as far as another can be compared with it. */
export type Manifest = {
  /** Name of the database, and when it was so, in epoch seconds. */
  database: string;
  iat: number;
  /** Hash of the release. */
  released: string;
  /** For each table how many rows, and a digest of all of them whatever their order. */
  tables: Record<string, [rows: number, digest: string]>;
  /** For each column, constraint, index, trigger, rule, view and type a digest of what it says. */
  structure: Record<string, string>;
  /** For each function a digest of what it does, by its signature. */
  functions: Record<string, string>;
  /** Lines of roles, owners, rights, default privileges and policies. */
  rights: string[];
};

/** It is no manifest, or not one of this installation: what is wrong with it. */
export class ManifestError extends Error {
  override name = 'ManifestError';
}

const [alg, typ] = ['HS256', 'backup-manifest+jwt'];

/** Signs a manifest: whoever may change a dump but does not know the secret cannot make one that fits. */
export function signManifest(manifest: Manifest, master: Master): Promise<string> {
  return new SignJWT({ ...manifest }).setProtectedHeader({ alg, typ }).sign(keyOf(master));
}

/** Reads a manifest that was signed under the secret, or under the one before; throws ManifestError. */
export async function readManifest(jwt: string, master: Master): Promise<Manifest> {
  const old = 'current' in master ? master.old : undefined;
  const parts = ['tables', 'structure', 'functions', 'rights'];
  for (const one of old ? [master, old] : [master]) {
    try {
      const requiredClaims = ['database', 'iat', 'released', ...parts];
      const options = { algorithms: [alg], typ, requiredClaims };
      return (await jwtVerify<Manifest>(jwt.trim(), keyOf(one), options)).payload;
    } catch (error) {
      if (error instanceof errors.JWSSignatureVerificationFailed) continue;
      if (!(error instanceof errors.JOSEError)) throw error;
      throw new ManifestError(`this is no manifest of a backup: ${error.message}`);
    }
  }
  throw new ManifestError('the manifest was altered, or signed under another PGRANT_SECRET');
}

function keyOf(master: Master): Buffer {
  return Buffer.from(derivedText(master, 'pgrant backup manifest', typ), 'base64url');
}
