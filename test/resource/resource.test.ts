// A resource server of its own that trusts a tenant: JWTs, opaque tokens, API keys, metadata, challenges.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import cors from '@koa/cors';
import { exportJWK } from 'jose';
import Koa from 'koa';
import * as client from 'openid-client';
import {
  type Authentication,
  type ConfidentialClient,
  createResource,
  protect,
  serveMetadata,
} from 'pgrant/resource';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call, callAll } from '../../src/db/call.ts';
import { newLastingSecret } from '../../src/protocol/secrets.ts';
import { type Acme, discover, obtainTokens, startAcme } from '../support/acme.ts';
import { atFileEnd } from '../support/at-end.ts';
import { addClient } from '../support/issuer.ts';
import { configure } from '../support/registering.ts';
import { makeKey, type SigningKey, setOf, signer } from '../support/signing.ts';

let acme: Acme;
let config: client.Configuration;
let url: string;

beforeAll(async () => {
  acme = await startAcme();
  const { database, tenant } = acme;
  const app = new Koa();
  const server = createServer((request, response) => app.callback()(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atFileEnd(() => void server.close());
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  await call(database.worker, ops.resource_set, { tenant, resource: url, title: 'Tools' });
  await call(database.worker, ops.role_add, { tenant, role: 'tools', title: 'Use your tools' });
  await call(database.worker, ops.role_assign, { tenant, username: 'ada', role: 'tools' });
  config = await discover(acme, acme.web);
  const resource = createResource({
    issuer: acme.issuer,
    resource: url,
    scopes: ['tools'],
    introspection: acme.web,
    cacheSeconds: 0,
  });
  app.use(serveMetadata(resource)).use(protect(resource, ['tools']));
  app.use((context) => {
    context.body = context.state.token;
  });
});

async function ask(token?: string) {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const response = await fetch(url, { headers });
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, challenge: response.headers.get('www-authenticate'), body };
}

test('without a token: 401 with the metadata, which names the issuer [RFC 9728 5.1]', async () => {
  const { status, challenge } = await ask();
  const metadata = `${new URL(url).origin}/.well-known/oauth-protected-resource/mcp`;
  expect([status, challenge]).toEqual([
    401,
    `Bearer scope="tools", resource_metadata="${metadata}"`,
  ]);
  const document = await (await fetch(metadata)).json();
  expect(document).toMatchObject({
    resource: url,
    authorization_servers: [acme.issuer],
    scopes_supported: ['tools'],
  });
});

describe('scripts of another origin', () => {
  const metadata = () => `${new URL(url).origin}/.well-known/oauth-protected-resource/mcp`;

  test('may read the metadata, which HEAD and a preflight are answered for, too', async () => {
    const head = await fetch(metadata(), { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const preflight = await fetch(metadata(), {
      method: 'OPTIONS',
      headers: {
        Origin: 'https://app.example.com',
        'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Headers': 'mcp-protocol-version',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('GET');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('*');
    for (const { headers } of [head, preflight, await fetch(metadata())]) {
      expect(headers.get('access-control-allow-origin')).toBe('*');
    }
  });

  test('may read a refusal with its challenge', async () => {
    const { headers } = await fetch(url);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-expose-headers')).toContain('WWW-Authenticate');
  });

  test('are those that a CORS middleware around it allows', async () => {
    const app = new Koa();
    app.use(cors({ origin: 'https://app.example.com', exposeHeaders: ['X-Request-Id'] }));
    app.use(protect(createResource({ issuer: acme.issuer, resource: url })));
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { status, headers } = await fetch(`http://127.0.0.1:${port}/`, {
      headers: { Origin: 'https://app.example.com' },
    });
    server.close();
    expect([status, headers.get('access-control-allow-origin')]).toEqual([
      401,
      'https://app.example.com',
    ]);
    expect(headers.get('access-control-expose-headers')).toBe(
      'X-Request-Id, WWW-Authenticate, DPoP-Nonce, Retry-After',
    );
  });
});

describe('a sign-in that is too weak or too long ago [RFC 9470]', () => {
  test.each([
    [{ acr_values: ['urn:example:two-factors'] }, 'acr_values="urn:example:two-factors"'],
    [{ max_age: 60 }, 'max_age="60"'],
  ])('by %j is 401 that says what to ask for', async (authentication, parameter) => {
    const resource = createResource({ issuer: acme.issuer, resource: url });
    const { access_token } = await obtainTokens(config, { scope: 'openid tools', resource: url });
    const authorize = (needed: Authentication) =>
      resource.authorize(`Bearer ${access_token}`, ['tools'], undefined, needed);
    await expect(authorize({ max_age: 3600 })).resolves.toMatchObject({
      scopes: ['openid', 'tools'],
    });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 120_000 });
    onTestFinished(() => void vi.useRealTimers());
    await expect(authorize(authentication)).rejects.toMatchObject({
      status: 401,
      challenge: expect.stringMatching(
        new RegExp(`error="insufficient_user_authentication".*scope="tools", ${parameter}`),
      ),
    });
  });
});

describe('JWT access tokens [RFC 9068 4]', () => {
  test('for this resource with the scope', async () => {
    const { access_token, claims } = await obtainTokens(config, {
      scope: 'openid tools',
      resource: url,
    });
    const { status, body } = await ask(access_token);
    expect([status, body.sub, body.scopes]).toEqual([200, claims?.sub, ['openid', 'tools']]);
  });

  test('without the scope: 403 that names it', async () => {
    const { access_token } = await obtainTokens(config, { scope: 'openid', resource: url });
    const { status, challenge } = await ask(access_token);
    expect(status).toBe(403);
    expect(challenge).toContain('error="insufficient_scope", scope="tools"');
  });

  test('for another audience, an ID token, and a tampered one: 401', async () => {
    const other = await obtainTokens(config, { scope: 'openid tools' });
    const good = await obtainTokens(config, { scope: 'openid tools', resource: url });
    for (const token of [
      other.access_token,
      good.id_token,
      `${good.access_token.slice(0, -4)}AAAA`,
      'a.b.c',
    ]) {
      const { status, challenge } = await ask(token);
      expect([status, challenge]).toEqual([401, expect.stringContaining('error="invalid_token"')]);
    }
  });
});

describe('opaque access tokens and API keys [RFC 7662]', () => {
  test('an opaque token, until it is revoked', async () => {
    const opaque = await addClient(acme.database, acme.tenant, 'opaque', {
      redirect_uris: ['http://127.0.0.1:9999/callback'],
      access_token_format: 'opaque',
    });
    const own = await discover(acme, opaque);
    const { access_token } = await obtainTokens(own, { scope: 'tools', resource: url });
    expect((await ask(access_token)).status).toBe(200);
    await client.tokenRevocation(own, access_token);
    expect((await ask(access_token)).status).toBe(401);
  });

  test('an API key is for the tenant itself, not for a resource that nobody asked for', async () => {
    const { secret, hash } = newLastingSecret('api_key');
    await callAll(acme.database.worker, ops.credential_add, {
      tenant: acme.tenant,
      username: 'ada',
      name: 'script',
      permissions: ['tools'],
      secret_hash: hash,
    });
    expect((await ask(secret)).status).toBe(401);
    const own = createResource({
      issuer: acme.issuer,
      resource: acme.issuer,
      introspection: acme.web,
    });
    const token = await own.authorize(`Bearer ${secret}`, ['tools'], '127.0.0.1');
    expect(token.scopes).toEqual(['tools']);
  });
});

/** An opaque token for the resource. */
async function opaque() {
  const settings = { access_token_format: 'opaque' };
  const named = { tenant: acme.tenant, client_id: 'web', settings };
  await call(acme.database.worker, ops.client_set, named);
  const { access_token } = await client.clientCredentialsGrant(config, { resource: url });
  const back = { ...named, settings: { access_token_format: null } };
  await call(acme.database.worker, ops.client_set, back);
  return access_token;
}

describe('of a tenant that takes no secrets [FAPI 2.0 5.3.2.1]', () => {
  test.each(['ES256', 'PS256', 'EdDSA'])('it says who it is by an assertion by %s', async (alg) => {
    const key = await makeKey(alg);
    const client_id = `api-${alg}`;
    await addClient(acme.database, acme.tenant, client_id, signer({ jwks: setOf(key) }));
    const token = await opaque();
    await configure(acme, { token_endpoint_auth_methods: ['private_key_jwt'] });
    onTestFinished(() => configure(acme, { token_endpoint_auth_methods: null }));
    const resourceOf = (introspection: ConfidentialClient) =>
      createResource({ issuer: acme.issuer, resource: url, introspection, cacheSeconds: 0 });
    const privateKey = async ({ privateKey, kid }: SigningKey) => ({
      ...(await exportJWK(privateKey)),
      alg,
      kid,
    });
    const signs = resourceOf({ client_id, private_key: await privateKey(key) });
    // Each assertion is good once.
    for (const _ of [1, 2]) {
      expect(await signs.authorize(`Bearer ${token}`)).toMatchObject({ client_id: 'web' });
    }
    const foreign = { client_id, private_key: await privateKey(await makeKey(alg)) };
    for (const other of [foreign, acme.web]) {
      await expect(resourceOf(other).authorize(`Bearer ${token}`)).rejects.toThrow('answered 401');
    }
  });
});
