// A host that publishes clients (client ID metadata documents), and the requests of such clients.

import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { atFileEnd } from './at-end.ts';
import type { Browser } from './browser.ts';
import { certificate, key } from './loopback-tls.ts';

export const callback = 'http://127.0.0.1:9999/callback';

/** What an answer is made of; a function answers by itself. */
type Answer = {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
};
type Published = Answer | RequestListener;

/** A JSON answer, fresh for an hour. */
export const json = (body: unknown, headers: Record<string, string> = {}): Answer => ({
  headers: { 'content-type': 'application/json', 'cache-control': 'max-age=3600', ...headers },
  body: JSON.stringify(body),
});

/** Starts the host; `asked` are the paths it was asked for. With `secure` it speaks TLS. */
export async function startHost({ secure = false } = {}) {
  const published = new Map<string, Published>();
  const asked: string[] = [];
  const listener: RequestListener = (request, response) => {
    asked.push(request.url ?? '');
    const answer = published.get(request.url ?? '') ?? { status: 404 };
    if (typeof answer === 'function') return answer(request, response);
    response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
  };
  const server = secure
    ? createSecureServer({ cert: certificate, key }, listener)
    : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atFileEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `${secure ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    asked,
    /** Publishes an answer, and gives its URL. */
    publish: (path: string, answer: Published) => {
      published.set(path, answer);
      return origin + path;
    },
    /** Publishes a client that is good but for what the metadata say otherwise, and gives its client_id. */
    client: (path: string, metadata: object = {}, headers: Record<string, string> = {}) => {
      const client_id = origin + path;
      published.set(path, json({ client_id, ...goodClient, ...metadata }, headers));
      return client_id;
    },
  };
}

export const goodClient = {
  client_name: 'Fern',
  redirect_uris: [callback],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'none',
};

/** Sends an authorization request of a client; gives the page that it leads to. */
export function request(
  browser: Browser,
  issuer: string,
  client_id: string,
  more: Record<string, string> = {},
) {
  const query = new URLSearchParams({
    client_id,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...more,
  });
  return browser.open(`${issuer}/oauth/authorize?${query}`);
}
