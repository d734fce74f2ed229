import { challenge, createResource } from 'pgrant/resource';
import { describe, expect, test } from 'vitest';

describe('a challenge', () => {
  test('asks for another authentication level [RFC 9470 3]', () => {
    const value = challenge({
      error: 'insufficient_user_authentication',
      error_description: 'A different authentication level is required',
      acr_values: ['myACR', 'other'],
    });
    expect(value).toBe(
      'Bearer error="insufficient_user_authentication", error_description="A different authentication level is required", acr_values="myACR other"',
    );
  });

  test('asks for a recent sign-in, 0 seconds included [RFC 9470 3]', () => {
    expect(challenge({ max_age: 0, scopes: ['a', 'b'] })).toBe('Bearer scope="a b", max_age="0"');
  });

  test('without parameters is the scheme alone', () => {
    expect(challenge({})).toBe('Bearer');
  });

  test('quotes what would end a text [RFC 9110 5.6.4]', () => {
    expect(challenge({ error_description: 'say "yes" \\' })).toBe(
      'Bearer error_description="say \\"yes\\" \\\\"',
    );
  });

  test.each(['two\r\nlines', 'é', '\u0000'])('takes no %j, which no header may hold', (text) => {
    expect(() => challenge({ error_description: text })).toThrow(TypeError);
  });
});

describe('metadata of a resource [RFC 9728 3.1]', () => {
  const issuer = 'https://id.example.com/acme';

  test.each([
    ['https://api.example.com', '/.well-known/oauth-protected-resource'],
    ['https://api.example.com/', '/.well-known/oauth-protected-resource'],
    ['https://api.example.com/mcp', '/.well-known/oauth-protected-resource/mcp'],
    ['https://api.example.com/mcp/', '/.well-known/oauth-protected-resource/mcp/'],
  ])('of %s is at %s, and asked for with or without a slash at the end', (resource, path) => {
    const { answerMetadata, metadataPath } = createResource({ issuer, resource });
    expect(metadataPath).toBe(path);
    const bare = path.replace(/\/$/, '');
    for (const asked of [bare, `${bare}/`]) {
      expect(answerMetadata('GET', asked)?.status).toBe(200);
    }
    expect(answerMetadata('GET', `${bare}/other`)).toBeUndefined();
    expect(answerMetadata('POST', path)).toBeUndefined();
  });
});
