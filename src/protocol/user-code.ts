// RFC 8628 6.1: codes that people read on one screen and type on another.
import { randomInt } from 'node:crypto';
import { derivedText, type Master } from './seal.ts';

/** No vowels, which spell words, and nothing that looks like another: 20 letters, 8 of them have 34 bits. */
const letters = 'BCDFGHJKLMNPQRSTVWXZ';

/** A user code, such as WDJB-MJHT. */
export function newUserCode(): string {
  const code = Array.from({ length: 8 }, () => letters[randomInt(letters.length)]).join('');
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}

/** A user code as somebody typed it: case, width, spaces and dashes do not matter. */
export function readUserCode(typed: string): string {
  const code = typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^A-Z]/g, '');
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}

/** What the database knows a user code by: without the master secret nobody can try them all. */
export function userCodeHash(secret: Master, tenant: string, code: string): Buffer {
  return Buffer.from(derivedText(secret, 'pgrant user code', `${tenant} ${code}`), 'base64url');
}
