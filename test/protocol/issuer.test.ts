import { describe, expect, test } from 'vitest';
import { parseIssuer } from '../../src/protocol/issuer.ts';
import { refusalOf } from './refusal.ts';

describe('an issuer', () => {
  test.each([
    ['https://id.example.com', 'id.example.com', ''],
    ['https://id.example.com/db/container', 'id.example.com', '/db/container'],
    ['https://id.example.com:8443/a', 'id.example.com:8443', '/a'],
    ['https://id.example.com/A_b-c.d~e', 'id.example.com', '/A_b-c.d~e'],
    ['http://localhost:3000/demo', 'localhost:3000', '/demo'],
    ['http://127.0.0.1:3000/demo', '127.0.0.1:3000', '/demo'],
    ['http://[::1]:3000/demo', '[::1]:3000', '/demo'],
  ])('%s is host %s with path %j [RFC 8414 2]', (issuer, host, path) => {
    expect(parseIssuer(issuer)).toEqual({ issuer, host, path });
  });

  test.each([
    ['', 'a URL'],
    ['id.example.com', 'a URL'],
    ['ftp://id.example.com', 'https'],
    ['http://id.example.com', 'https'],
    ['https://id.example.com/', 'no trailing slash'],
    ['https://id.example.com/a/', 'no trailing slash'],
    ['https://id.example.com?x=1', 'no query'],
    ['https://id.example.com/a?', 'no query'],
    ['https://id.example.com/a#', 'no fragment'],
    ['https://u:p@id.example.com', 'no user information'],
    ['https://ID.example.com', 'lower-case host'],
    ['HTTPS://id.example.com', 'lower-case scheme'],
    ['https://id.example.com:443', 'no default port'],
    ['https://id.example.com//a', 'no empty segment'],
    ['https://id.example.com/a/../b', 'no dot segment'],
    ['https://id.example.com/%2e/b', 'no dot segment'],
    ['https://id.example.com/a%20b', 'plain segments'],
    ['https://id.example.com/a;b', 'plain segments'],
    ['https://id.example.com/.well-known', 'no reserved segment'],
    ['https://id.example.com/.WELL-KNOWN/x', 'no reserved segment'],
    ['https://id.example.com/oauth', 'no reserved segment'],
    ['https://id.example.com/oauth/x', 'no reserved segment'],
    ['https://id.example.com/x/OAuth', 'no reserved segment'],
    ['https://id.example.com\n', 'no control character'],
    ['https://id.exämple.com', 'ASCII'],
    ['https://id_x.example.com', 'a host name'],
    [`https://id.example.com/${'a'.repeat(255)}`, 'a length'],
  ])('%j can not be one: %s [RFC 8414 2]', async (issuer) => {
    expect((await refusalOf(() => parseIssuer(issuer))).error).toBe('invalid_request');
  });

  test('the refusal of a near miss says how to write it', async () => {
    const refusal = await refusalOf(() => parseIssuer('https://ID.example.com/a'));
    expect(refusal.reason).toContain('https://id.example.com/a');
  });
});
