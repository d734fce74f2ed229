// Input that no parser and no table can take: each kind is refused once, with the error of its RFC.
import { connect } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { SignJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Acme } from '../support/acme.ts';
import { addClient, startServer } from '../support/issuer.ts';
import { callback, post, startOpen } from '../support/registering.ts';
import { asserted, makeKey, type SigningKey, setOf, sign, signer } from '../support/signing.ts';

let acme: Acme;
let key: SigningKey;

beforeAll(async () => {
  acme = await startOpen();
  key = await makeKey();
  await addClient(acme.database, acme.tenant, 'robot', signer({ jwks: setOf(key) }));
});

const formType = 'application/x-www-form-urlencoded';

async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(acme.issuer + path, init);
  const body = await response.text();
  const { error } = body.startsWith('{') ? JSON.parse(body) : { error: undefined };
  return { status: response.status, error, body, headers: response.headers };
}

/** A token request of the client web, in the content coding that is told. */
function token(body: Buffer | string, headers: Record<string, string> = {}) {
  return ask('/oauth/token', {
    method: 'POST',
    body: body as never,
    headers: { 'content-type': formType, ...headers },
  });
}

const form = () =>
  new URLSearchParams({ grant_type: 'client_credentials', ...acme.web }).toString();

/** Sends bytes and gives the head of what comes back. */
function raw(lines: string[]): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(Number(new URL(acme.origin).port), '127.0.0.1', () =>
      socket.write(`${lines.join('\r\n')}\r\n\r\n`),
    );
    socket.on('data', (chunk) => {
      answer += chunk;
      if (answer.includes('\r\n\r\n')) socket.destroy();
    });
    socket.on('close', () => resolve(answer));
  });
}

describe('a body', () => {
  test.each([
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['identity', (text: string) => Buffer.from(text)],
  ])('in the content coding %s is read [RFC 9110 8.4]', async (coding, encode) => {
    expect((await token(encode(form()), { 'content-encoding': coding })).status).toBe(200);
  });

  test.each(['gzip', 'deflate', 'br'])('that is not %s is invalid_request', async (coding) => {
    for (const body of [form(), '', gzipSync(form()).subarray(0, 20)]) {
      const answer = await token(body, { 'content-encoding': coding });
      expect(answer).toMatchObject({ status: 400, error: 'invalid_request' });
    }
  });

  test.each(['zstd', 'compress', 'gzip, gzip', 'identity, x', '__proto__'])(
    'in the content coding %s is 415, with those that are known [RFC 9110 15.5.16]',
    async (coding) => {
      const answer = await token(form(), { 'content-encoding': coding });
      expect(answer).toMatchObject({ status: 415, error: 'invalid_request' });
      expect(answer.headers.get('accept-encoding')).toBe('gzip, deflate, br');
    },
  );

  test('of more than 64 KiB is 413, also where it is small until it is decoded', async () => {
    const large = `${form()}&x=${'a'.repeat(70_000)}`;
    expect(await token(large)).toMatchObject({ status: 413, error: 'invalid_request' });
    const answer = await token(gzipSync(large), { 'content-encoding': 'gzip' });
    expect(answer).toMatchObject({ status: 413, error: 'invalid_request' });
  });

  test('that is no UTF-8 is invalid_request, whatever its charset says [RFC 8259 8.1]', async () => {
    const body = Buffer.from('{"client_name":"\xe4"}', 'latin1') as never;
    const headers = { 'content-type': 'application/json; charset=iso-8859-1' };
    const answer = await ask('/oauth/register', { method: 'POST', body, headers });
    expect(answer).toMatchObject({ status: 400, error: 'invalid_request' });
    expect((await token(form(), { 'content-type': `${formType}; charset="odd` })).status).toBe(200);
    expect((await token(form(), { 'content-type': `${formType}; charset=x` })).status).toBe(200);
  });

  test('that breaks off leaves the server as it was, in every content coding', async () => {
    for (const coding of ['identity', 'gzip', 'br']) {
      const head = ['POST /acme/oauth/token HTTP/1.1', 'Host: x', `Content-Type: ${formType}`];
      const lines = [
        ...head,
        `Content-Encoding: ${coding}`,
        'Content-Length: 50',
        '',
        'grant_type=',
      ];
      const port = Number(new URL(acme.origin).port);
      await new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => socket.end(lines.join('\r\n')));
        socket.on('close', () => resolve()).resume();
      });
    }
    expect((await token(form())).status).toBe(200);
  });
});

describe('JSON', () => {
  const metadata = { redirect_uris: [callback] };
  test.each([
    ['nested 40 deep', `{"jwks":${'['.repeat(40)}${']'.repeat(40)}}`],
    [
      'nested 1,000 deep',
      `{"jwks":{"keys":[{"kty":"EC","x":${'['.repeat(1000)}${']'.repeat(1000)}}]}}`,
    ],
    ['nested 30,000 deep', `{"x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
    ['with NUL', '{"client_name":"a\\u0000b"}'],
    ['with NUL in a name', '{"a\\u0000b":1}'],
    ['with half a surrogate pair', '{"software_id":"\\ud800"}'],
    ['with a number beyond any', '{"default_max_age":1e400}'],
    [
      'with a key of no text',
      '{"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[{"kty":"OKP","crv":"Ed25519","x":{"toString":1}}]}}',
    ],
  ])('%s is invalid_client_metadata in a registration [RFC 7591 3.2.2]', async (_, text) => {
    const body = text.replace('{', `{"redirect_uris":["${callback}"],`);
    const headers = { 'content-type': 'application/json' };
    const answer = await ask('/oauth/register', { method: 'POST', headers, body });
    expect(answer).toMatchObject({ status: 400, error: 'invalid_client_metadata' });
  });

  test.each(['', '[]', 'null', '7', '"x"', '{', '{}{}', '['.repeat(60_000)])(
    'that is no object is invalid_request: %.20s',
    async (body) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await ask('/oauth/register', { method: 'POST', headers, body });
      expect(answer).toMatchObject({ status: 400, error: 'invalid_request' });
    },
  );

  test('with a member __proto__ is as good as without', async () => {
    const body = JSON.parse(`{"__proto__":{"client_name":"x"},"redirect_uris":["${callback}"]}`);
    const response = await post(acme, body);
    expect(response.status).toBe(201);
    expect(await response.json()).not.toHaveProperty('client_name', 'x');
    expect((await post(acme, metadata)).status).toBe(201);
  });

  test('in the claims parameter is in the same bounds [OpenID Connect Core 5.5]', async () => {
    for (const claims of [
      '{"id_token":{"sub":{"value":"a\\u0000b"}}}',
      `{"userinfo":{"x":{"values":${'['.repeat(1500)}${']'.repeat(1500)}}}}`,
    ]) {
      const query = new URLSearchParams({
        ...{ client_id: 'web', redirect_uri: callback, response_type: 'code', scope: 'openid' },
        ...{ code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', claims },
        code_challenge_method: 'S256',
      });
      const answer = await ask(`/oauth/authorize?${query}`, { redirect: 'manual' });
      expect(answer.status).toBe(303);
      expect(answer.headers.get('location')).toContain('error=invalid_request');
    }
  });
});

describe('a JWT of a client', () => {
  const odd = { toString: 1, valueOf: 1 };
  test.each<[string, { header?: object; claims?: object }]>([
    ['whose typ is an object', { header: { typ: odd } }],
    ['whose kid is one', { header: { kid: odd } }],
    ['whose kid is long', { header: { kid: 'x'.repeat(4000) } }],
    ['whose exp is one', { claims: { exp: odd } }],
    ['whose exp is beyond any date', { claims: { exp: 1e300 } }],
    ['whose exp is a text', { claims: { exp: '1' } }],
    ['whose iat is an array', { claims: { iat: [] } }],
    ['whose jti is an object', { claims: { jti: odd } }],
    ['whose aud is one', { claims: { aud: odd } }],
    ['whose sub is one', { claims: { sub: odd } }],
    ['whose iss holds NUL', { claims: { iss: 'robot\0' } }],
  ])('%s is invalid_client [RFC 7523 3]', async (_, change) => {
    const assertion = await sign(key, 'robot', acme.issuer, change as never);
    const body = new URLSearchParams({ grant_type: 'client_credentials', ...asserted(assertion) });
    const answer = await token(body.toString());
    expect(answer).toMatchObject({ status: 401, error: 'invalid_client' });
  });

  test('that is a software statement of an issuer of no text is invalid_software_statement', async () => {
    const jwt = await new SignJWT({ iss: odd as never })
      .setProtectedHeader({ alg: 'ES256' })
      .sign(key.privateKey);
    const response = await post(acme, { redirect_uris: [callback], software_statement: jwt });
    expect(await response.json()).toMatchObject({ error: 'invalid_software_statement' });
  });
});

describe('a path', () => {
  test.each(['%00', 'a%00', '%', '%zz', '%ff', '%C0%AF', 'x', 'a'.repeat(5000)])(
    'of a registration that ends in %.20s names none [RFC 7592 2]',
    async (segment) => {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const path = `/oauth/register/${segment}`;
        const headers = { authorization: 'Bearer x', accept: 'text/html' };
        const answer = await ask(path, { method, headers });
        expect([400, 401]).toContain(answer.status);
        expect(['invalid_request', 'invalid_token']).toContain(answer.error);
      }
    },
  );

  test.each(['/%00', '/a%', '/a b', `/${'a'.repeat(5000)}`, '/%2e%2e', '/ä', "/'"])(
    'of no issuer is 404: %.20s',
    async (path) => {
      const response = await fetch(`${acme.origin + path}/oauth/jwks.json`);
      expect(response.status).toBe(404);
    },
  );

  test('in absolute form names the host [RFC 9112 3.2.2]; of another form it names nothing', async () => {
    const { host } = new URL(acme.origin);
    const get = (target: string, method = 'GET') =>
      raw([`${method} ${target} HTTP/1.1`, 'Host: evil.example']);
    expect(await get(`http://${host}/acme/oauth/jwks.json`)).toMatch(/^HTTP\/1.1 200/);
    expect(await get('http://evil.example/acme/oauth/jwks.json')).toMatch(/^HTTP\/1.1 404/);
    for (const target of ['http://[::1', 'http://', 'http://?x', 'http://u:p@h:1/x', '//', '/#']) {
      expect(await get(target)).toMatch(/^HTTP\/1.1 40[04]/);
    }
    expect(await get('*', 'OPTIONS')).toMatch(/^HTTP\/1.1 404/);
  });
});

test('a request with two Host lines is malformed, be they the same [RFC 9112 3.2]', async () => {
  const { host } = new URL(acme.origin);
  const get = (...lines: string[]) => raw(['GET /acme/oauth/jwks.json HTTP/1.1', ...lines]);
  expect(await get(`Host: ${host}`)).toMatch(/^HTTP\/1.1 200/);
  for (const other of [host, 'evil.example', '']) {
    expect(await get(`Host: ${host}`, `host: ${other}`)).toMatch(/^HTTP\/1.1 400/);
  }
});

test('a client that hangs up before its body is read is no failure of the server', async () => {
  const { web } = acme.database;
  const slow: typeof web = {
    ...web,
    query: async (...asked) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return await web.query(...asked);
    },
  };
  const { origin, lines } = await startServer({ ...acme.database, web: slow });
  const { host } = new URL(acme.issuer);
  const head = [`POST /acme/oauth/token HTTP/1.1`, `Host: ${host}`, `Content-Type: ${formType}`];
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  socket.write([...head, 'Content-Length: 9', '', 'a=b'].join('\r\n'));
  setTimeout(() => socket.destroy(), 100);
  await expect.poll(() => lines.join(), { timeout: 5000 }).toContain('the client has gone');
  expect(lines.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
});

describe('a method that an endpoint has not', () => {
  test.each([
    ['GET', '/oauth/token'],
    ['PATCH', '/oauth/register'],
    ['PROPFIND', '/oauth/token'],
    ['DELETE', '/oauth/jwks.json'],
  ])('%s of %s is 405, told as its audience reads it', async (method, path) => {
    const answer = await ask(path, { method, headers: { accept: 'text/html' } });
    expect(answer).toMatchObject({ status: 405, error: 'invalid_request' });
    expect(answer.headers.get('allow')).toBeTruthy();
  });
});

describe('a header', () => {
  test.each([
    'null',
    'https://',
    'https://a.example/x',
    'https://a.example:999999',
    'x'.repeat(9000),
    '*',
    "'",
  ])('Origin that no client can have is told nothing: %.30s [RFC 6454 7]', async (origin) => {
    const answer = await token(form(), { origin });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  test.each([
    'Basic',
    'Basic =',
    'Basic a',
    'Basic YTow',
    'Basic AAAA',
    `Basic ${'YWFh'.repeat(3000)}`,
    'Bearer x',
    'x',
  ])('Authorization: %.20s is invalid_client [RFC 6749 5.2]', async (authorization) => {
    const answer = await token('grant_type=client_credentials', { authorization });
    expect(answer).toMatchObject({ status: 401, error: 'invalid_client' });
    expect(answer.headers.get('www-authenticate')).toContain('Basic');
  });
});

test('what SQL could not read is invalid_request, and an error in our log without the value', async () => {
  const { sql } = acme.database;
  const [row] = await sql`
    select pg_get_functiondef(oid) as definition from pg_proc where proname = 'tenant_describe'`;
  const { definition } = row as { definition: string };
  await sql.unsafe(definition.replace('begin', `begin perform 'value-of-a-client'::int;`));
  const answer = await ask('/.well-known/openid-configuration');
  await sql.unsafe(definition);
  expect(answer).toMatchObject({ status: 400, error: 'invalid_request' });
  const id = answer.headers.get('x-request-id') ?? '';
  const line = acme.lines.find((one) => one.includes(id) && one.includes('"err"')) ?? '';
  expect(JSON.parse(line)).toMatchObject({ level: 50, err: { errorCode: '22P02' } });
  expect(line).not.toContain('value-of-a-client');
});

describe('a secret in a path', () => {
  const random = 'C4naRYq2-Xc_0Zt1yUvW3eRt5yUiOp7aSdFgHjKl9ZM';
  test.each([
    `/oauth/register/pgrant_at_zzzzzz_${random}`,
    `/oauth/pgrant_ac_zzzzzz_${random}`,
    `/pgrant_rt_abcdefghijklmnopqrstuQ.${random}/oauth/token`,
    `/oauth/callback;code=${random}`,
    `/oauth/${random}/x`,
    `/oauth/pgrant%5Fac%5F${random}`,
    `/oauth/eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.${random}`,
  ])('is neither logged nor recorded nor told: %s', async (path) => {
    const answer = await ask(path, {
      headers: {
        accept: 'text/html',
        authorization: 'Bearer x',
        referer: `https://a.example${path}`,
      },
    });
    expect([401, 404]).toContain(answer.status);
    expect(answer.body).not.toContain('C4naRY');
    const id = answer.headers.get('x-request-id') ?? '';
    const lines = acme.lines.filter((line) => line.includes(id));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join()).not.toContain('C4naRY');
    const recorded = await acme.database.sql`
      select 1 from pgrant.audit_events e where e::text like '%C4naRY%'`;
    expect(recorded).toHaveLength(0);
  });

  test('leaves the words and the names in it, and the route', async () => {
    const path = '/oauth/register/dc-0b0e6f0e-8a0e-4f0e-9a0e-0123456789ab';
    const { headers } = await ask(path, { headers: { authorization: 'Bearer x' } });
    const id = headers.get('x-request-id') ?? '';
    const line = JSON.parse(acme.lines.find((one) => one.includes(id)) ?? '{}');
    expect(line).toMatchObject({ path: `/acme${path}`, route: '/oauth/register/:client_id' });
    const { headers: more } = await ask('/.well-known/oauth-authorization-server');
    const other = acme.lines.find((one) => one.includes(more.get('x-request-id') ?? '')) ?? '{}';
    expect(JSON.parse(other).path).toBe('/acme/.well-known/oauth-authorization-server');
  });
});
