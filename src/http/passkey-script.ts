// The script that asks the browser for a passkey: nothing else here needs one.
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Ctx } from './ctx.ts';

const file = fileURLToPath(new URL('../../templates/passkey.js', import.meta.url));

export const passkeyScript = readFileSync(file, 'utf8');

/** Names what it says: pages ask for it by this, so that a browser keeps no older one. */
export const passkeyScriptVersion = hash('sha256', passkeyScript, 'base64url').slice(0, 16);

/** A relying party is a domain (Web Authentication 5.1.2): an issuer at an IP address has no passkeys. */
export function hasPasskeys({ state: { tenant } }: Ctx): boolean {
  return isIP(new URL(tenant.issuer).hostname.replace(/^\[|\]$/g, '')) === 0;
}

/** The only script that a page of this tenant may load. */
export function passkeySource({ state: { tenant } }: Ctx): string {
  return `${tenant.issuer}/oauth/passkey.js`;
}
