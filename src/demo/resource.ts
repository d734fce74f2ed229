// A protected resource that checks JWT access tokens by itself (RFC 6750, RFC 9068 4).
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Middleware } from 'koa';
import type { RelyingParty } from './relying-party.ts';

const courses = [
  { title: 'Row-level security from the ground up', lessons: 12 },
  { title: 'Reading an access token', lessons: 5 },
  { title: 'Consent that people understand', lessons: 7 },
];

/** Answers with the courses to a bearer token of this issuer that has the scope `courses`. */
export function courseResource(issuer: string, { configuration }: RelyingParty): Middleware {
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined;

  async function verify(token: string): Promise<JWTPayload> {
    const { jwks_uri = '' } = (await configuration()).serverMetadata();
    keys ??= createRemoteJWKSet(new URL(jwks_uri));
    const checks = { issuer, audience: issuer, typ: 'at+jwt', algorithms: ['ES256', 'RS256'] };
    return (await jwtVerify(token, keys, checks)).payload;
  }

  return async (context) => {
    const [, token] = /^Bearer ([\w.~+/-]+=*)$/i.exec(context.get('authorization')) ?? [];
    if (!token) return refuse(context, 401);
    try {
      const { scope, sub } = await verify(token);
      if (!String(scope).split(' ').includes('courses')) {
        return refuse(context, 403, 'insufficient_scope', ', scope="courses"');
      }
      context.body = { sub, courses };
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      refuse(context, 401, 'invalid_token');
    }
  };
}

function refuse(context: Parameters<Middleware>[0], status: number, error = '', more = ''): void {
  context.status = status;
  // RFC 6750 3.1: no error code for a request that carried no token at all.
  const detail = error ? `, error="${error}"${more}` : '';
  context.set('WWW-Authenticate', `Bearer realm="courses"${detail}`);
  context.body = { error: error || 'invalid_request' };
}
