// What the issuer says of opaque tokens, signed: by pgrant, and by whoever is in between.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type JWK, SignJWT } from 'jose';
import * as client from 'openid-client';
import { type ConfidentialClient, createResource } from 'pgrant/resource';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, discover, startAcme } from '../support/acme.ts';
import { atFileEnd } from '../support/at-end.ts';
import { newProofKey } from '../support/dpop.ts';
import { addClient } from '../support/issuer.ts';

const resource = 'https://api.example.com/notes';

const resourceAt = (issuer: string, introspection: ConfidentialClient) =>
  createResource({ issuer, resource, introspection, cacheSeconds: 0 });

describe('introspection that is signed [RFC 9701]', () => {
  let acme: Acme;
  let token: string;

  beforeAll(async () => {
    acme = await startAcme();
    await call(acme.database.worker, ops.resource_set, {
      ...{ tenant: acme.tenant, resource, title: 'Notes', access_token_format: 'opaque' },
    });
    const config = await discover(acme, acme.web);
    token = (await client.clientCredentialsGrant(config, { resource })).access_token;
  });

  test('is asked for, and verified', async () => {
    const notes = resourceAt(acme.issuer, { ...acme.web, signedAnswers: true } as never);
    expect(await notes.authorize(`Bearer ${token}`)).toMatchObject({ client_id: 'web' });
    await expect(notes.authorize('Bearer nothing')).rejects.toMatchObject({
      error: 'invalid_token',
    });
  });

  test('is read by a client that is registered for it, and never asked', async () => {
    const api = await addClient(acme.database, acme.tenant, 'api', {
      grant_types: ['client_credentials'],
      redirect_uris: [],
      introspection_alg: 'ES256',
    });
    const notes = resourceAt(acme.issuer, api as never);
    expect(await notes.authorize(`Bearer ${token}`)).toMatchObject({ client_id: 'web' });
  });
});

describe('an answer is none that is', () => {
  type Said = { type?: string; typ?: string; aud?: string; iat?: number; foreign?: boolean };
  const type = 'application/token-introspection+jwt';

  /** An issuer that says that every token is good, in some way. */
  async function issuerThatSays({ foreign = false, typ, aud = 'api', iat, ...said }: Said) {
    const [own, other] = [await newProofKey(), await newProofKey()];
    const keys: JWK[] = [{ ...own.jwk, alg: 'ES256', kid: '1' }];
    const state = { active: true, aud: resource, client_id: 'any', sub: 'any' };
    const server = createServer(async (request, response) => {
      if (request.url?.endsWith('jwks.json')) {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ keys }));
        return;
      }
      const signed = await new SignJWT({ token_introspection: state })
        .setProtectedHeader({ alg: 'ES256', kid: '1', typ: typ ?? 'token-introspection+jwt' })
        .setIssuer(issuer)
        .setAudience(aud)
        .setIssuedAt(iat)
        .sign((foreign ? other : own).privateKey);
      response.setHeader('content-type', said.type ?? type);
      response.end(said.type === undefined ? signed : JSON.stringify(state));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    atFileEnd(() => void server.close());
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return issuer;
  }

  const introspection = { client_id: 'api', client_secret: 'any', signedAnswers: true };

  test('not wrong in any way: it is one', async () => {
    const notes = resourceAt(await issuerThatSays({}), introspection);
    expect(await notes.authorize('Bearer any')).toMatchObject({ client_id: 'any' });
  });

  test.each<[string, Said]>([
    ['not signed', { type: 'application/json' }],
    ['signed by somebody else', { foreign: true }],
    ['for another resource server', { aud: 'other' }],
    ['of another type, such as an access token', { typ: 'at+jwt' }],
    ['old', { iat: Math.floor(Date.now() / 1000) - 120 }],
  ])('%s', async (_how, said) => {
    const notes = resourceAt(await issuerThatSays(said), introspection);
    await expect(notes.authorize('Bearer any')).rejects.toMatchObject({
      error: 'temporarily_unavailable',
    });
  });
});
