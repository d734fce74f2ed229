// Passwords of the roles of the embedded database, which nobody else sets.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { settle } from '../db/session-settings.ts';
import type { Credentials } from './embedded-files.ts';

/** Gives the released roles their generated passwords. `url` is the superuser's. */
export async function setPasswords(url: string, credentials: Credentials): Promise<void> {
  const sql = postgres(url, { max: 1, fetch_types: false });
  try {
    await sql.unsafe(settle);
    for (const role of ['pgrant_janitor', 'pgrant_web', 'pgrant_worker'] as const) {
      // The verifier and not the password: the statement may be logged.
      await sql.unsafe(`alter role ${role} password '${verifier(credentials[role])}'`);
    }
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** What PostgreSQL keeps of a password: SCRAM-SHA-256 [RFC 5802 3, RFC 7677]. */
function verifier(password: string): string {
  const iterations = 4096;
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const key = (name: string) => createHmac('sha256', salted).update(name).digest();
  const stored = createHash('sha256').update(key('Client Key')).digest('base64');
  const server = key('Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${server}`;
}
