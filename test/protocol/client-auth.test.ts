import { createHash } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import { describe, expect, test } from 'vitest';
import { type ClientParameters, clientCredentials } from '../../src/protocol/client-auth.ts';
import { refusalOf } from './refusal.ts';

const server = { issuer: 'https://id.example', token_endpoint: 'https://id.example/oauth/token' };
const read = (header: string | undefined, body: ClientParameters) =>
  clientCredentials(header, body, server);
const sha256 = (text: string) => createHash('sha256').update(text).digest();
const basic = (pair: string | Buffer) => `Basic ${Buffer.from(pair).toString('base64')}`;

async function headerOf(id: string, secret: string): Promise<string> {
  const headers = new Headers();
  await oauth.ClientSecretBasic(secret)(
    { issuer: 'https://id.example' },
    { client_id: id },
    new URLSearchParams(),
    headers,
  );
  return headers.get('authorization') ?? '';
}

describe('client authentication', () => {
  test.each([
    ['c1', 'pgrant_cs_abc'],
    ['https://app.example/client.json', 's'],
    ['a b+c', '%:&=+ ~"\\'],
  ])('an independent client is understood: %j with %j [RFC 6749 2.3.1]', async (id, secret) => {
    expect(read(await headerOf(id, secret), {})).toEqual({
      method: 'client_secret_basic',
      client_id: id,
      secret_hash: sha256(secret),
    });
  });

  test('only the first colon divides; the scheme has no case [RFC 7617 2]', () => {
    const header = basic('id:a:b').replace('Basic', 'bAsIc');
    expect(read(header, { client_id: 'id' })).toMatchObject({
      client_id: 'id',
      secret_hash: sha256('a:b'),
    });
  });

  test('an empty secret is none [RFC 6749 2.3.1]', () => {
    expect(read(basic('id:'), { client_id: 'id' })).toEqual({ method: 'none', client_id: 'id' });
  });

  test('the body may carry both, or the client alone [RFC 6749 2.3.1, 3.2.1]', () => {
    expect(read(undefined, { client_id: 'c', client_secret: 's' })).toEqual({
      method: 'client_secret_post',
      client_id: 'c',
      secret_hash: sha256('s'),
    });
    expect(read(undefined, { client_id: 'c' })).toEqual({
      method: 'none',
      client_id: 'c',
    });
  });

  test.each([
    ['the secret', { client_secret: 's' }],
    ['another client', { client_id: 'other' }],
  ])('a header and a body with %s is invalid_request [RFC 6749 2.3]', async (_, body) => {
    const refusal = await refusalOf(() => read(basic('id:s'), body));
    expect(refusal.error).toBe('invalid_request');
  });

  test.each([
    ['another scheme', 'Bearer abc'],
    ['an empty header', ''],
    ['no credentials', 'Basic'],
    ['broken base64', 'Basic a'],
    ['base64 without padding', basic('id:se').replaceAll('=', '')],
    ['base64url', 'Basic a-b_'],
    ['two credentials', `${basic('a:b')}, ${basic('a:b')}`],
    ['no colon', basic('id')],
    ['no id', basic(':secret')],
    ['a NUL byte', basic('id:a%00b')],
    ['a raw NUL byte', basic('id:a\0b')],
    ['broken percent-encoding', basic('id:50%')],
    ['broken encoded UTF-8', basic('id:%C3')],
    ['raw octets', basic(Buffer.from([0x61, 0x3a, 0xff]))],
    ['characters past ASCII', basic('id:%C3%A4')],
  ])('a header with %s is invalid_client [RFC 6749 5.2]', async (_, header) => {
    const refusal = await refusalOf(() => read(header, {}));
    expect(refusal).toMatchObject({ error: 'invalid_client', status: 401 });
    expect(refusal.message).not.toContain('secret:');
  });

  test.each([
    {},
    { client_secret: 's' },
    { client_id: 'c\u00e4' },
    { client_id: 'c', client_secret: 'ä' },
  ])('a body with %j is invalid_client [RFC 6749 5.2]', async (body) => {
    const refusal = await refusalOf(() => read(undefined, body));
    expect(refusal.error).toBe('invalid_client');
  });
});
