// Whom a request is from and which host it asks, by what trusted proxies say.
import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from 'vitest';
import { proxies } from '../../src/settings/values.ts';
import { type Acme, startAcme } from '../support/acme.ts';
import { addTenant, startServer } from '../support/issuer.ts';

let acme: Acme;
let behind: Awaited<ReturnType<typeof startServer>>;

beforeAll(async () => {
  acme = await startAcme();
  const trustsProxy = proxies('loopback, 10.0.0.0/8');
  behind = await startServer(acme.database, { trustsProxy });
  await addTenant(acme.database, 'https://id.example.com', 'shared', '/shared');
  await addTenant(acme.database, 'https://[2001:db8::1]:8443', 'numbered', '/numbered');
});

/** Asks, and gives the status, what is told, and the address that is logged. */
async function ask(headers: Record<string, string>, path = '/acme', at = behind) {
  const url = `${at.origin}${path}/.well-known/openid-configuration`;
  const sent = request(url, { headers });
  sent.end();
  const [response] = await once(sent, 'response');
  const body = JSON.parse(await text(response));
  const id = response.headers['x-request-id'];
  const line = at.lines.find((one) => one.includes(id));
  return { status: response.statusCode, ...body, address: JSON.parse(line ?? '{}').address };
}

describe('the address of the client', () => {
  test.each([
    ['203.0.113.9', '203.0.113.9'],
    ['203.0.113.9:5678', '203.0.113.9'],
    ['198.51.100.1, 203.0.113.9', '203.0.113.9'],
    ['203.0.113.9, 10.1.2.3', '203.0.113.9'],
    ['203.0.113.9:1, 10.1.2.3:2, 127.0.0.1:3', '203.0.113.9'],
    ['203.0.113.9, ::ffff:10.1.2.3', '203.0.113.9'],
    ['203.0.113.9, , ', '203.0.113.9'],
    ['10.1.2.3, 10.1.2.4', '10.1.2.3'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:DB8:0::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:80', '2001:db8::1'],
    ['"[2001:db8::1]:80"', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25eth0]:80', 'fe80::1'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::ffff:cb00:7109', '203.0.113.9'],
    ['[::ffff:203.0.113.9]:1', '203.0.113.9'],
  ])('in "%s" is %s', async (forwarded, address) => {
    const answer = await ask({ host: new URL(acme.origin).host, 'x-forwarded-for': forwarded });
    expect(answer).toMatchObject({ status: 200, address });
  });

  test.each([
    'unknown',
    '_hidden',
    '203.0.113.9, unknown',
    '203.0.113.9, _SEVKISEK',
    '203.0.113.256',
    '0313.0.113.9',
    '3405803785',
    '1.2.3',
    'localhost',
    '[::1',
    '::1]:80',
    '1:2:3:4:5:6:7:8:9',
    '203.0.113.9;drop',
    '\u00e4',
    ','.repeat(50),
    'a'.repeat(5000),
  ])('in "%s" nobody can tell: it is that of the proxy that said so [RFC 7239 6]', async (said) => {
    const answer = await ask({ host: new URL(acme.origin).host, 'x-forwarded-for': said });
    expect(answer).toMatchObject({ status: 200, address: '127.0.0.1' });
  });

  test('is that of the peer where the peer is no proxy of ours', async () => {
    const server = { origin: acme.origin, lines: acme.lines };
    const answer = await ask({ 'x-forwarded-for': '203.0.113.9' }, '/acme', server);
    expect(answer).toMatchObject({ status: 200, address: '127.0.0.1' });
  });
});

describe('the host that was asked for', () => {
  const client = '203.0.113.9';
  test.each([
    ['one proxy', client, 'id.example.com', 200],
    [
      'one proxy, which appends to what the client made up',
      client,
      'evil.example, id.example.com',
      200,
    ],
    ['a client that made up another', client, 'id.example.com, evil.example', 404],
    [
      'two proxies, each of which appends',
      `${client}, 10.0.0.1`,
      'id.example.com, inner.example',
      200,
    ],
    ['two proxies, of which the outer one says it', `${client}, 10.0.0.1`, 'id.example.com', 200],
    [
      'a client in front of two proxies',
      `x, ${client}, 10.0.0.1`,
      'evil.example, id.example.com, inner',
      200,
    ],
    ['a proxy that says nothing of the client', '', 'evil.example, id.example.com', 200],
    ['the port of the scheme', client, 'ID.example.com:443', 200],
  ])('is what the outermost trusted proxy saw: %s', async (_, chain, host, status) => {
    const headers = { 'x-forwarded-for': chain, 'x-forwarded-proto': 'https' };
    const answer = await ask({ ...headers, 'x-forwarded-host': host }, '/shared');
    expect(answer.status).toBe(status);
  });

  test('has the scheme of the same proxy', async () => {
    const headers = { 'x-forwarded-for': client, 'x-forwarded-host': 'id.example.com:443' };
    const proto = (list: string) => ask({ ...headers, 'x-forwarded-proto': list }, '/shared');
    expect((await proto('http, https')).status).toBe(200);
    expect((await proto('https, http')).status).toBe(404);
    expect((await proto('HTTPS')).status).toBe(200);
    expect((await proto('gopher')).status).toBe(404);
  });

  test('may be an address of IPv6', async () => {
    expect((await ask({ host: '[2001:db8::1]:8443' }, '/numbered')).status).toBe(200);
  });

  test.each([
    'a b',
    'u:p@id.example.com',
    'id.example.com/x',
    '[::1',
    'a:b',
    'a:1:2',
    '\u00e4',
    'a'.repeat(300),
  ])('is malformed as "%s", which is refused [RFC 9112 3.2]', async (host) => {
    expect(await ask({ host })).toMatchObject({ status: 400, error: 'invalid_request' });
    const forwarded = { 'x-forwarded-host': host };
    expect(await ask(forwarded)).toMatchObject({ status: 400, error: 'invalid_request' });
  });
});
