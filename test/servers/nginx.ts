// nginx in front of pgrant ends TLS, and hands on client certificates as the page of sender-constrained says (RFC 8705).
import { createHash, X509Certificate } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import * as clients from '../support/client-certificates.ts';
import { freePort } from '../support/free-port.ts';
import * as loopback from '../support/loopback-tls.ts';
import type { Debian } from './debian.ts';
import type { Steps } from './main.ts';
import { proxyAddress, type World } from './world.ts';

type Certified = { cert: string; key: string };
type Answer = Record<string, unknown> & { cnf?: unknown };

export async function tryNginx(debian: Debian, { origin, pgrant }: World): Promise<Steps> {
  const port = await freePort();
  const front = `https://localhost:${port}`;
  await pgrant(`tenant add mtls --issuer ${front}/mtls`);
  await pgrant(
    'client add --tenant mtls --client-id batch --name Batch --grant-type client_credentials --set token_endpoint_auth_method=tls_client_auth --set tls_client_auth_san_dns=batch.example.com --set tls_client_certificate_bound_access_tokens=true',
  );
  debian.write('etc/nginx/tried.crt', loopback.certificate);
  debian.write('etc/nginx/tried.key', loopback.key);
  debian.write('etc/nginx/tried.conf', configuration(port, origin));
  const stop = await debian.start(port, 'nginx', '-c', '/etc/nginx/tried.conf');

  const grant = { grant_type: 'client_credentials', client_id: 'batch' };
  const header = { 'x-ssl-client-cert': encodeURIComponent(clients.issued.cert) };
  const token = (certified?: Certified, headers: OutgoingHttpHeaders = {}) =>
    ask(`${front}/mtls/oauth/token`, grant, { headers, ...certified });
  const right = await token(clients.issued);
  const introspected = await ask(
    `${front}/mtls/oauth/introspect`,
    { client_id: 'batch', token: String(right.access_token) },
    { ...clients.issued },
  );
  const another = await token(clients.selfSigned);
  const none = await token();
  const forged = await token(undefined, header);
  const instead = await token(clients.selfSigned, header);
  // Past nginx, from an address that is no proxy's.
  const past = await ask(`${origin}/mtls/oauth/token`, grant, {
    headers: { ...header, host: `localhost:${port}` },
  });
  await stop();
  const thumbprint = createHash('sha256')
    .update(new X509Certificate(clients.issued.cert).raw)
    .digest('base64url');
  return {
    version: await debian.version('nginx-light'),
    steps: [
      ['right certificate', said(right), 'Bearer'],
      [
        'the token is bound to it',
        JSON.stringify(introspected.cnf),
        JSON.stringify({ 'x5t#S256': thumbprint }),
      ],
      ['a certificate of another', said(another), 'invalid_client'],
      ['no certificate', said(none), 'invalid_client'],
      ['a header of the client itself', said(forged), 'invalid_client'],
      ['the same beside a certificate of another', said(instead), 'invalid_client'],
      ['the same past nginx', said(past), 'invalid_client'],
    ],
  };
}

const said = ({ error, token_type }: Answer) => String(error ?? token_type);

/** Posts a form, by a connection of its own. */
function ask(url: string, fields: Record<string, string>, options: object): Promise<Answer> {
  const request = url.startsWith('https') ? requestHttps : requestHttp;
  const { headers = {}, ...more } = options as { headers?: OutgoingHttpHeaders };
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      agent: false,
      ca: loopback.certificate,
      ...more,
    });
    sent.on('error', reject).on('response', async (answer) => {
      let text = '';
      for await (const piece of answer) text += piece;
      resolve(JSON.parse(text));
    });
    sent.end(`${new URLSearchParams(fields)}`);
  });
}

/** The settings that the page names, in a server that has what it needs and no more. */
const configuration = (port: number, origin: string) => `daemon off;
pid /tmp/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate /etc/nginx/tried.crt;
    ssl_certificate_key /etc/nginx/tried.key;
    ssl_verify_client optional_no_ca;
    location / {
      proxy_pass ${origin};
      proxy_bind ${proxyAddress};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Proto https;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;
    }
  }
}
`;
