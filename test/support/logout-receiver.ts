// A relying party that hears of logouts by the back channel, and verifies what it hears as a client has to.

import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { atFileEnd } from './at-end.ts';

export type Told = { headers: IncomingHttpHeaders; body: URLSearchParams; token: string };

/** Starts one, which keeps what it was told and answers 200 or what `reply` says. */
export async function startLogoutReceiver() {
  const told: Told[] = [];
  const receiver = {
    url: '',
    told,
    reply: (): { status: number; headers?: Record<string, string> } => ({ status: 200 }),
  };
  const server = createServer(async (request, response) => {
    const body = new URLSearchParams(await text(request));
    told.push({ headers: request.headers, body, token: body.get('logout_token') ?? '' });
    const { status, headers } = receiver.reply();
    response.writeHead(status, headers).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atFileEnd(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/logout?from=pgrant`;
  return receiver;
}

export type LogoutReceiver = Awaited<ReturnType<typeof startLogoutReceiver>>;

/** Verifies a logout token by jose (OpenID Connect Back-Channel Logout 2.6). */
export function verifyLogoutToken(issuer: string, audience: string, token: string) {
  const keys = createRemoteJWKSet(new URL(`${issuer}/oauth/jwks.json`));
  return jwtVerify(token, keys, { issuer, audience, typ: 'logout+jwt' });
}
