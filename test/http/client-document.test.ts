// Client ID Metadata Documents over the wire: what is fetched, believed and remembered.

import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Acme, proceed, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { goodClient, json, request, startHost } from '../support/document-host.ts';
import { addTenant, startServer } from '../support/issuer.ts';
import { configure } from '../support/registering.ts';

let acme: Acme;
let host: Awaited<ReturnType<typeof startHost>>;

beforeAll(async () => {
  acme = await startAcme();
  host = await startHost();
  await configure(acme, { client_documents: 'open', client_document_rate: 1000 });
});

const clientsOf = (client_id: string) =>
  acme.database.sql`select * from pgrant.clients where client_id = ${client_id}`;

/** How often a document was refused. */
async function refusals() {
  const [row] = await acme.database.sql`
    select coalesce(sum(times), 0)::int as times from pgrant_report.audit_events
     where action = 'client_document.refuse' and error = 'invalid_client_metadata'`;
  return row?.times;
}

describe('a document', () => {
  test('makes its URL a client, which gets a code after the person was asked', async () => {
    const client_id = host.client('/fern.json');
    const browser = new Browser();
    const login = await request(browser, acme.issuer, client_id);
    const page = await browser.submit(login, { username: 'ada', password: 'correct horse' });
    expect(page.html).toContain('Allow <bdi>Fern</bdi>');
    const done = new URL((await proceed(browser, page)).url);
    expect(done.searchParams.get('code')).toMatch(/^pgrant_ac_/);
    const [client] = await clientsOf(client_id);
    expect(client).toMatchObject({ name: 'Fern', token_endpoint_auth_method: 'none' });
  });

  test('is announced only where the tenant takes documents [section 6]', async () => {
    const { issuer } = await addTenant(acme.database, acme.origin, 'closed');
    const announced = async (url: string) => {
      const metadata = (await (await fetch(url)).json()) as Record<string, unknown>;
      return metadata.client_id_metadata_document_supported;
    };
    const wellKnown = `${acme.origin}/.well-known/oauth-authorization-server`;
    expect(await announced(`${acme.issuer}/.well-known/openid-configuration`)).toBe(true);
    expect(await announced(`${wellKnown}/acme`)).toBe(true);
    expect(await announced(`${issuer}/.well-known/openid-configuration`)).toBeUndefined();
    const refused = await request(new Browser(), issuer, host.client('/closed.json'));
    expect(refused.status).toBe(400);
    expect(host.asked).not.toContain('/closed.json');
  });

  test('may be of a more specific type of JSON [section 4]', async () => {
    const client_id = host.client('/typed', {}, { 'content-type': 'application/client+json' });
    expect((await request(new Browser(), acme.issuer, client_id)).status).toBe(200);
  });

  test('sends nobody to a redirect URI that it does not list [section 4.2]', async () => {
    const client_id = host.client('/listed.json');
    for (const redirect_uri of ['https://evil.example/', `${host.origin}/other`]) {
      const page = await request(new Browser(), acme.issuer, client_id, { redirect_uri });
      expect(page.status).toBe(400);
    }
  });
});

describe('what is refused', () => {
  const good = (path: string) => ({ client_id: host.origin + path, ...goodClient });
  const bytes = (path: string, edit: (text: string) => Buffer | string) => ({
    headers: { 'content-type': 'application/json' },
    body: edit(JSON.stringify(good(path))),
  });

  test.each<[string, (path: string) => Parameters<typeof host.publish>[1]]>([
    ['a redirect [section 5]', () => ({ status: 302, headers: { location: '/fern.json' } })],
    ['not found', () => ({ ...json({}), status: 404 })],
    ['created', (path) => ({ ...json(good(path)), status: 201 })],
    ['not modified', () => ({ status: 304 })],
    ['HTML', (path) => json(good(path), { 'content-type': 'text/html' })],
    ['no type', (path) => ({ body: JSON.stringify(good(path)) })],
    ['10 MB', (path) => bytes(path, (text) => text + ' '.repeat(10_000_000))],
    ['a byte too many [section 8.7]', (path) => bytes(path, (text) => text.padEnd(5121))],
    [
      'a gzip bomb',
      (path) => ({
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
        body: gzipSync(JSON.stringify(good(path)).padEnd(50_000_000)),
      }),
    ],
    ['a broken answer', () => (_, response) => response.destroy()],
    ['a list', () => json([])],
    ['no JSON', (path) => bytes(path, (text) => text.slice(1))],
    ['deep JSON', (path) => bytes(path, (text) => '['.repeat(2500) + text + ']'.repeat(2500))],
    [
      'deep JSON in a field',
      (path) =>
        bytes(
          path,
          (text) => `${text.slice(0, -1)},"jwks":${'['.repeat(2000)}${']'.repeat(2000)}}`,
        ),
    ],
    [
      'invalid UTF-8',
      (path) => bytes(path, (text) => Buffer.from(`${text.slice(0, -1)},"x":"\xff"}`, 'latin1')),
    ],
    [
      'another client_id [section 4]',
      (path) => json({ ...good(path), client_id: `${host.origin}/x` }),
    ],
    [
      'a client_id that means the same [section 3]',
      (path) => json({ ...good(path), client_id: host.origin.toUpperCase() + path }),
    ],
    ['no client_id', () => json(goodClient)],
    ['no name [MCP 2026-07-28]', (path) => json({ ...good(path), client_name: undefined })],
    ['no redirect URIs', (path) => json({ ...good(path), redirect_uris: [] })],
    [
      'a redirect URI that is a script',
      (path) => json({ ...good(path), redirect_uris: ['javascript:alert(1)'] }),
    ],
    [
      'a logo that is a script [section 8.6]',
      (path) => json({ ...good(path), logo_uri: 'javascript:alert(1)' }),
    ],
    ['a secret [section 4.1]', (path) => json({ ...good(path), client_secret: 'x' })],
    ['an expiry of a secret', (path) => json({ ...good(path), client_secret_expires_at: 0 })],
    [
      'a method with a secret',
      (path) => json({ ...good(path), token_endpoint_auth_method: 'client_secret_post' }),
    ],
    ['a private key', (path) => json({ ...good(path), jwks: { keys: [{ kty: 'EC', d: 'd' }] } })],
    ['a deceptive name', (path) => json({ ...good(path), client_name: 'a\u202eb' })],
  ])('%s', async (name, answer) => {
    const path = `/bad/${encodeURIComponent(name)}`;
    const client_id = host.publish(path, answer(path));
    const before = await refusals();
    const page = await request(new Browser(), acme.issuer, client_id);
    expect({ status: page.status, location: page.headers.get('location') }).toEqual({
      status: 400,
      location: null,
    });
    expect(page.html).toContain('This request cannot go on');
    expect(await clientsOf(client_id)).toEqual([]);
    expect(host.asked).toContain(path);
    expect(await refusals()).toBe(before + 1);
  });

  test('a host that drips, after five seconds', async () => {
    const client_id = host.publish('/drip', (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), 200);
      response.on('close', () => clearInterval(drip));
    });
    expect((await request(new Browser(), acme.issuer, client_id)).status).toBe(400);
  });

  test.each([
    ['no path', () => host.origin],
    ['a fragment', () => `${host.origin}/fern.json#x`],
    ['a person in it', () => `${host.origin.replace('//', '//ada@')}/fern.json`],
    ['dot segments', () => `${host.origin}/x/../fern.json`],
    ['encoded dot segments', () => `${host.origin}/x/%2e%2e/fern.json`],
    ['a host in capitals', () => 'HTTP://LOCALHOST/fern.json'],
    ['plain http to elsewhere', () => 'http://app.example/fern.json'],
    ['no web address', () => 'urn:example:fern'],
    ['256 characters', () => `${host.origin}/fern.json?`.padEnd(256, 'x')],
  ])('a client_id with %s is not even asked for [section 3]', async (_, client_id) => {
    const before = host.asked.length;
    expect((await request(new Browser(), acme.issuer, client_id())).status).toBe(400);
    expect(host.asked).toHaveLength(before);
  });

  test('a name that leads to the server itself, which is not connected to [section 8.6]', async () => {
    let connections = 0;
    const trap = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => trap.listen(0, resolve));
    const { port } = trap.address() as AddressInfo;
    const { origin, lines } = await startServer(acme.database, { publicUrl: 'https://id.example' });
    const { tenant, issuer } = await addTenant(acme.database, origin, 'strict');
    await configure({ ...acme, tenant }, { client_documents: 'open' });
    for (const name of ['localhost', '127.0.0.1', '169.254.169.254', '10.0.0.1']) {
      const page = await request(new Browser(), issuer, `https://${name}:${port}/fern.json`);
      expect(page.status).toBe(400);
      // Whoever asks learns nothing of the network here; the log does.
      expect(page.html).toContain('the document could not be fetched');
      expect(page.html).not.toContain('special use');
    }
    trap.close();
    expect(connections).toBe(0);
    expect(lines.filter((line) => line.includes('special use'))).toHaveLength(4);
  });
});
