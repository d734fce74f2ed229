// OpenID Connect Session Management 3.2: the page that clients load in a frame and ask whether the session is as it was.

import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Endpoint } from '../endpoint.ts';

const folder = fileURLToPath(new URL('../../../templates', import.meta.url));
const script = readFileSync(`${folder}/check_session.js`, 'utf8').trim();
const page = `<!doctype html><title>Session</title><script>${script}</script>`;

/** It asks nobody, shows nothing and runs one script; whoever frames it learns no more than an answer to what it knows. */
const policy = [
  "default-src 'none'",
  `script-src 'sha256-${hash('sha256', script, 'base64')}'`,
  "base-uri 'none'",
  'frame-ancestors *',
].join('; ');

/** The same page for all: the cookie and the message say the rest. */
export const checkSession = (): Endpoint => (ctx) => {
  ctx.type = 'html';
  ctx.set('Cache-Control', 'public, max-age=3600');
  ctx.set('Content-Security-Policy', policy);
  ctx.body = page;
};
