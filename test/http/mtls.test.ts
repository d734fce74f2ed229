// Client certificates: at the listener of its own, and by the headers of proxies.

import { createHash, X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { connect } from 'node:tls';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { serve } from '../../src/http/serve.ts';
import { createLog } from '../../src/log.ts';
import { type Config, loadConfig } from '../../src/settings/config.ts';
import { atFileEnd } from '../support/at-end.ts';
import * as clients from '../support/client-certificates.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { newProofKey, proofFor } from '../support/dpop.ts';
import { freePort } from '../support/free-port.ts';
import { addClient, addTenant, secret, startServer } from '../support/issuer.ts';
import * as loopback from '../support/loopback-tls.ts';

type Certified = { cert: string; key: string };

let database: TestDatabase;
let tenant: string;
let issuer: string;
let port: number;
let mtlsPort: number;

const trust = { mtlsAuthorities: [new X509Certificate(clients.authority)] };
const machine = { grant_types: ['client_credentials'] };

/** A server that ends TLS itself, with a tenant. */
async function startTls(name: string, settings: Partial<Config>) {
  const [port, mtlsPort] = [await freePort(), await freePort()];
  const tls = { cert: Buffer.from(loopback.certificate), key: Buffer.from(loopback.key) };
  const origin = `https://localhost:${port}`;
  const config: Config = {
    ...loadConfig({ PORT: String(port), PUBLIC_URL: origin }),
    ...{ tls, mtlsPort, ...settings },
  };
  const log = createLog('silent');
  const app = createApp({ config, log, secret, database: database.web } as never);
  atFileEnd(await serve(config, app.callback()));
  return { port, mtlsPort, ...(await addTenant(database, origin, name)) };
}

beforeAll(async () => {
  database = await createDatabase();
  ({ port, mtlsPort, tenant, issuer } = await startTls('acme', trust));
  await addClient(database, tenant, 'batch', {
    ...machine,
    token_endpoint_auth_method: 'tls_client_auth',
    tls_client_auth_san_dns: 'batch.example.com',
    tls_client_certificate_bound_access_tokens: true,
  });
  const jwk = new X509Certificate(clients.selfSigned.cert).publicKey.export({ format: 'jwk' });
  await addClient(database, tenant, 'own', {
    ...machine,
    token_endpoint_auth_method: 'self_signed_tls_client_auth',
    jwks: { keys: [jwk] },
  });
});

/** A fetch that shows a certificate where it is asked for one. */
function fetchBy(certified?: Certified) {
  return (
    url: string | URL,
    { method = 'GET', headers = {}, body }: client.CustomFetchOptions | RequestInit = {},
  ) =>
    new Promise<Response>((resolve, reject) => {
      const options = { method, headers: Object.fromEntries(new Headers(headers as never)) };
      const sent = request(
        url,
        { ...options, ...certified, ca: loopback.certificate },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on('data', (part) => parts.push(part));
          answer.on('end', () => {
            const init = { status: answer.statusCode ?? 0, headers: answer.headers as never };
            resolve(new Response(Buffer.concat(parts), init));
          });
        },
      );
      sent.on('error', reject);
      sent.end(body === undefined || body === null ? undefined : String(body));
    });
}

const form = { 'content-type': 'application/x-www-form-urlencoded' };

async function ask(certified: Certified | undefined, client_id: string, at = mtlsPort) {
  const url = `https://localhost:${at}/acme/oauth/token`;
  const body = String(new URLSearchParams({ grant_type: 'client_credentials', client_id }));
  const response = await fetchBy(certified)(url, { method: 'POST', headers: form, body });
  return { status: response.status, ...((await response.json()) as Record<string, string>) };
}

const thumbprint = ({ cert }: Certified) =>
  createHash('sha256').update(new X509Certificate(cert).raw).digest('base64url');

test('openid-client finds the aliases, authenticates by its certificate, and gets a token that is bound to it [RFC 8705 2.1, 3, 5]', async () => {
  const config = await client.discovery(
    new URL(issuer),
    'batch',
    { use_mtls_endpoint_aliases: true },
    client.TlsClientAuth(),
    { [client.customFetch]: fetchBy(clients.issued) as never },
  );
  const metadata = config.serverMetadata();
  expect(metadata.token_endpoint).toBe(`${issuer}/oauth/token`);
  expect(metadata.mtls_endpoint_aliases?.token_endpoint).toBe(
    `https://localhost:${mtlsPort}/acme/oauth/token`,
  );
  expect(metadata.tls_client_certificate_bound_access_tokens).toBe(true);
  const tokens = await client.clientCredentialsGrant(config);
  expect(tokens.token_type).toBe('bearer');
  const introspected = await client.tokenIntrospection(config, tokens.access_token);
  expect(introspected.cnf).toEqual({ 'x5t#S256': thumbprint(clients.issued) });
});

test('a client with a certificate of its own authenticates by its registered key [RFC 8705 2.2]', async () => {
  expect(await ask(clients.selfSigned, 'own')).toMatchObject({ status: 200, token_type: 'Bearer' });
  expect(await ask(clients.issued, 'own')).toMatchObject({ status: 401, error: 'invalid_client' });
});

test('where a tenant wants every token bound, a certificate does, and none does for a client that is bound to nothing [FAPI 2.0 5.3.2.1-4]', async () => {
  const bind = (every: boolean) =>
    database.sql`update pgrant.tenants set dpop_bound_access_tokens = ${every} where tenant_id = ${tenant}`;
  await bind(true);
  expect(await ask(clients.issued, 'batch')).toMatchObject({ status: 200, token_type: 'Bearer' });
  const refused = { status: 400, error: 'invalid_dpop_proof' };
  expect(await ask(clients.selfSigned, 'own')).toMatchObject(refused);
  await bind(false);
});

describe('a DPoP proof [RFC 9449 4.3]', () => {
  type Server = { tenant: string; issuer: string; port: number; mtlsPort: number };

  /** Sends a proof for one port to another one, and gives what came of it. */
  async function prove(server: Server, proven: number, sent: number, headers: object) {
    const url = (at: number) => `${server.issuer.replace(/:\d+/, `:${at}`)}/oauth/token`;
    const dpop = await proofFor(await newProofKey(), url(proven));
    const response = await fetchBy()(url(sent), {
      method: 'POST',
      headers: { ...form, dpop, host: new URL(server.issuer).host, ...headers },
      body: 'grant_type=client_credentials',
    });
    const { token_type, error } = (await response.json()) as Record<string, string>;
    return token_type ?? error;
  }

  const basicOf = async ({ tenant }: Server) => {
    const { client_id, client_secret } = await addClient(database, tenant, 'proving', machine);
    return { authorization: `Basic ${btoa(`${client_id}:${client_secret}`)}` };
  };

  test('is for the port that its request came to', async () => {
    const server = { tenant, issuer, port, mtlsPort };
    const basic = await basicOf(server);
    expect(await prove(server, port, port, basic)).toBe('DPoP');
    expect(await prove(server, mtlsPort, mtlsPort, basic)).toBe('DPoP');
    expect(await prove(server, mtlsPort, port, basic)).toBe('invalid_dpop_proof');
    expect(await prove(server, port, mtlsPort, basic)).toBe('invalid_dpop_proof');
  });

  test('is for either where a proxy that is trusted keeps to itself which it was', async () => {
    const server = await startTls('behind', { ...trust, trustsProxy: () => true });
    const basic = await basicOf(server);
    expect(await prove(server, server.port, server.port, basic)).toBe('DPoP');
    expect(await prove(server, server.mtlsPort, server.port, basic)).toBe('DPoP');
    expect(await prove(server, server.port, server.mtlsPort, basic)).toBe('DPoP');
    expect(await prove(server, server.port + 1, server.port, basic)).toBe('invalid_dpop_proof');
  });
});

describe('no client is authenticated by', () => {
  test.each<[string, () => Promise<{ status: number }>]>([
    ['no certificate', () => ask(undefined, 'batch')],
    [
      'a certificate at the main port, which asks for none',
      () => ask(clients.issued, 'batch', port),
    ],
    ['one that it has signed itself', () => ask(clients.selfSigned, 'batch')],
    ['one that is for servers', () => ask(clients.forServers, 'batch')],
    ['one that is past its time', () => ask(clients.expired, 'batch')],
  ])('%s', async (_name, attempt) => {
    expect(await attempt()).toMatchObject({ status: 401, error: 'invalid_client' });
  });
});

describe('the name of a certificate [RFC 8705 2.1.2]', () => {
  test.each([
    ['subject_dn', 'CN=batch,O=Acme\\, Inc.,C=DE', 'CN=batch,O=Other,C=DE'],
    ['subject_dn', 'CN=batch, O=Acme\\, Inc., C=DE', 'C=DE,O=Acme\\, Inc.,CN=batch'],
    ['san_uri', 'spiffe://acme/batch', 'spiffe://acme/other'],
    ['san_ip', '192.0.2.7', '192.0.2.8'],
    ['san_ip', '2001:db8::7', '2001:db8::8'],
    ['san_email', 'batch@example.com', 'other@example.com'],
    ['san_dns', 'BATCH.example.com', 'example.com'],
  ])('tls_client_auth_%s is %s and not %s', async (name, good, bad) => {
    for (const [value, status] of [
      [good, 200],
      [bad, 401],
    ] as const) {
      const client_id = `${name}-${status}-${value.length}`;
      await addClient(database, tenant, client_id, {
        ...machine,
        ...{ token_endpoint_auth_method: 'tls_client_auth', [`tls_client_auth_${name}`]: value },
      });
      expect((await ask(clients.issued, client_id)).status).toBe(status);
    }
  });

  test('has to be one, and of a client that authenticates by it', async () => {
    const method = { token_endpoint_auth_method: 'tls_client_auth' };
    await expect(addClient(database, tenant, 'no-name', { ...machine, ...method })).rejects.toThrow(
      'exactly one tls_client_auth_*',
    );
  });
});

describe('a proxy hands a certificate on', () => {
  let count = 0;

  /** Asks a server behind a proxy for a token, with a header that the proxy has written, or somebody else. */
  async function askBehind(
    header: Config['certificateHeader'] & string,
    value: string | string[],
    trusted: boolean,
    authorities = trust,
    named: object = { tls_client_auth_san_dns: 'batch.example.com' },
  ) {
    const settings = { ...authorities, certificateHeader: header, trustsProxy: () => trusted };
    const { origin } = await startServer(database, settings);
    const proxied = await addTenant(database, origin, `proxied-${count++}`);
    await addClient(database, proxied.tenant, 'batch', {
      ...machine,
      token_endpoint_auth_method: 'tls_client_auth',
      ...named,
    });
    const response = await fetch(`${proxied.issuer}/oauth/token`, {
      method: 'POST',
      headers: [value].flat().map((one): [string, string] => [header, one]),
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'batch' }),
    });
    return response.status;
  }

  const written: [Config['certificateHeader'] & string, (pem: string) => string][] = [
    ['client-cert', (pem) => `:${new X509Certificate(pem).raw.toString('base64')}:`],
    ['x-ssl-client-cert', encodeURIComponent],
    [
      'x-forwarded-client-cert',
      (pem) => `By=spiffe://b;Hash=ab;Cert="${encodeURIComponent(pem)}";URI=spiffe://c`,
    ],
  ];
  test.each(written)(
    'in %s, and is believed where it is trusted alone [RFC 9440 4]',
    async (header, write) => {
      const value = write(clients.issued.cert);
      expect(await askBehind(header, value, true)).toBe(200);
      expect(await askBehind(header, value, false)).toBe(401);
    },
  );

  test.each([
    ['a name', (own: string, other: string) => `Cert="${own}";URI=x;Cert="${other}"`],
    ['a name with a comma', (own: string, other: string) => `Cert="${own}";DNS=x,Cert="${other}"`],
    ['the client', (own: string, other: string) => `Cert="${other}",By=x;Cert="${own}"`],
    ['the client, in one', (own: string, other: string) => `Cert="${other}${own}"`],
  ])('and of two, one of which may be from %s, neither counts', async (_name, write) => {
    const [own = '', other = ''] = bothEncoded;
    expect(await askBehind('x-forwarded-client-cert', write(own, other), true)).toBe(401);
  });

  const bothEncoded = [clients.selfSigned, clients.issued].map(({ cert }) =>
    encodeURIComponent(cert),
  );

  test('nor do two headers, of which the client may have sent the first', async () => {
    const [own = '', other = ''] = bothEncoded;
    expect(await askBehind('x-ssl-client-cert', [other, own], true)).toBe(401);
    const ders = [clients.issued, clients.selfSigned].map(
      ({ cert }) => `:${new X509Certificate(cert).raw.toString('base64')}:`,
    );
    expect(await askBehind('client-cert', ders, true)).toBe(401);
  });

  test('with a subject of several parts in one relative name [RFC 4514 2.2]', async () => {
    const value = encodeURIComponent(clients.multiValued);
    const mtlsAuthorities = [new X509Certificate(clients.multiValued)];
    for (const [subject, status] of [
      ['CN=batch+UID=7,O=A \\+ B,C=DE', 200],
      ['CN=batch + UID=7, O=A \\+ B, C=DE', 200],
      ['CN=batch+UID=7,O=A\\+B,C=DE', 401],
      ['CN=batch,O=A \\+ B,C=DE', 401],
    ] as const) {
      const named = { tls_client_auth_subject_dn: subject };
      expect(await askBehind('x-ssl-client-cert', value, true, { mtlsAuthorities }, named)).toBe(
        status,
      );
    }
  });

  test('and a certificate of its own is no client’s', async () => {
    const proxy = { certificateHeader: 'client-cert', trustsProxy: () => true } as const;
    const inside = await startTls('inside', { ...trust, ...proxy });
    await addClient(database, inside.tenant, 'batch', {
      ...machine,
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_san_dns: 'batch.example.com',
    });
    const url = `https://localhost:${inside.mtlsPort}/inside/oauth/token`;
    const body = String(
      new URLSearchParams({ grant_type: 'client_credentials', client_id: 'batch' }),
    );
    const der = new X509Certificate(clients.issued.cert).raw.toString('base64');
    const sent = { ...form, host: new URL(inside.issuer).host };
    for (const [headers, status] of [
      [sent, 401],
      [{ ...sent, 'client-cert': `:${der}:` }, 200],
    ] as const) {
      const response = await fetchBy(clients.issued)(url, { method: 'POST', headers, body });
      expect(response.status).toBe(status);
    }
  });

  test('with a key that no JWK has, and is known by its name [RFC 8705 2.1]', async () => {
    const value = encodeURIComponent(clients.brainpool);
    const mtlsAuthorities = [new X509Certificate(clients.brainpool)];
    expect(await askBehind('x-ssl-client-cert', value, true, { mtlsAuthorities })).toBe(200);
    expect(await askBehind('x-ssl-client-cert', value, true)).toBe(401);
  });

  test.each(['nonsense', '%', encodeURIComponent(clients.authority)])(
    'and %.10s is nobody',
    async (value) => {
      expect(await askBehind('x-ssl-client-cert', value, true)).toBe(401);
    },
  );
});

describe('the listeners of pgrant [RFC 9325 3.1.1, 4.2]', () => {
  const handshake = (options: object) =>
    new Promise<string>((resolve) => {
      const socket = connect({
        ...{ port, host: '127.0.0.1', servername: 'localhost' },
        ca: loopback.certificate,
        ...options,
      });
      socket.once('secureConnect', () => {
        resolve(`${socket.getProtocol()} ${socket.getCipher().name}`);
        socket.end();
      });
      socket.once('error', () => resolve('refused'));
    });

  test('speak TLS 1.3, and 1.2 by ECDHE with AES-GCM', async () => {
    expect(await handshake({})).toMatch(/^TLSv1\.3 TLS_AES/);
    expect(await handshake({ maxVersion: 'TLSv1.2' })).toMatch(/^TLSv1\.2 ECDHE-ECDSA-AES\d+-GCM/);
  });

  test.each([
    ['TLS 1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    ['CBC', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' }],
  ])('refuse %s', async (_name, options) => {
    expect(await handshake(options)).toBe('refused');
  });
});
