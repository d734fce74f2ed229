// RFC 9106 4 and RFC 8265 4.2: Argon2id, and the one form of a password that can be typed twice.
import { argon2, hash, randomBytes } from 'node:crypto';
import { OAuthError } from './errors.ts';

/** Argon2id parameters: memory in KiB, passes, lanes. */
export interface PasswordParameters {
  m: number;
  t: number;
  p: number;
}

/** OWASP's setting for Argon2id: 19 MiB, 2 passes, 1 lane. */
export const passwordParameters: PasswordParameters = { m: 19_456, t: 2, p: 1 };

const lengthLimit = 1024;

/** Makes the salt (16 bytes) and verifier (32 bytes) of a password that is being set. */
export async function newPassword(
  password: string,
  parameters: PasswordParameters = passwordParameters,
): Promise<{ salt: Buffer; parameters: PasswordParameters; verifier: Buffer }> {
  const salt = randomBytes(16);
  return { salt, parameters, verifier: await derivePassword(password, salt, parameters) };
}

/**
 * The verifier of a password: SHA-256 of its Argon2id key, so that a dump can't be replayed.
 * Throws invalid_request for an impossible password. It costs a processor tens of milliseconds: see queues.ts.
 */
export async function derivePassword(
  password: string,
  salt: Buffer,
  { m, t, p }: PasswordParameters,
): Promise<Buffer> {
  const message = Buffer.from(normalPassword(password));
  const options = { message, nonce: salt, memory: m, passes: t, parallelism: p, tagLength: 32 };
  return await new Promise<Buffer>((resolve, reject) =>
    argon2('argon2id', options, (error, key) =>
      error === null ? resolve(hash('sha256', key, 'buffer')) : reject(error),
    ),
  );
}

function normalPassword(password: string): string {
  const normal = password.replace(/\p{Zs}/gu, ' ').normalize('NFC');
  const bytes = Buffer.byteLength(normal);
  if (bytes === 0 || bytes > lengthLimit || /[\p{Cc}\p{Cs}]/u.test(normal)) {
    throw new OAuthError('invalid_request', 'the password is empty, too long or not plain text');
  }
  return normal;
}
