// What one connection does, over and over, in each scenario; every answer is checked.
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { pairOf } from '../../src/protocol/es256.ts';
import type { Scenario } from './cells.ts';
import { refreshTokenOf } from './families.ts';
import { type Answer, type Connection, header } from './http.ts';
import { type BenchClient, resource, type Service } from './service.ts';
import { authorizePath, basicCredentials, type Holdings, redeemForm } from './sign-in.ts';

/** A family, and where its tokens are refreshed. */
export type Family = { token: string; refresh_token: string };

/** A connection and what its person has. */
export type Visitor = {
  connection: Connection;
  cookie: string;
  tokens: Record<BenchClient['format'], Holdings>;
  /** The next first. */
  families: Family[];
};

/** Sees every access token: one that was given before is not new. */
export type Seen = Set<string>;

export type Step = (visitor: Visitor, seen: Seen) => Promise<void>;

type Tokens = { access_token?: string; refresh_token?: string; id_token?: string };

const basic = (client: BenchClient) => `Authorization: ${basicCredentials(client)}\r\n`;

function tokensOf(answer: Answer, seen: Seen): Tokens & { access_token: string } {
  const tokens: Tokens = answer.status === 200 ? JSON.parse(answer.body) : {};
  const { access_token } = tokens;
  if (access_token === undefined) throw new Error(`${answer.head}\n${answer.body}`);
  // The end of a token is random, whether it is opaque or signed.
  const mark = access_token.slice(-24);
  if (seen.has(mark)) throw new Error('an access token came twice');
  seen.add(mark);
  return { ...tokens, access_token };
}

function refresh(service: Service, format: BenchClient['format'], proof = () => ''): Step {
  const authorization = basic(service.clients[format]);
  return async ({ connection, tokens }, seen) => {
    const { refresh_token } = tokens[format];
    const form = `grant_type=refresh_token&refresh_token=${refresh_token}`;
    const given = tokensOf(
      await connection.post(service.token, form, authorization + proof()),
      seen,
    );
    if (!given.refresh_token || given.refresh_token === refresh_token) {
      throw new Error('the refresh token was not rotated');
    }
    tokens[format] = { access_token: given.access_token, refresh_token: given.refresh_token };
  };
}

/** Makes headers with a DPoP proof for the token endpoint (RFC 9449 4.2). */
function proofs({ origin, token }: Service): () => string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const jwk = publicKey.export({ format: 'jwk' });
  const head = encode({ typ: 'dpop+jwt', alg: 'ES256', jwk });
  return () => {
    const iat = Math.floor(Date.now() / 1000);
    const text = `${head}.${encode({ htm: 'POST', htu: origin + token, iat, jti: randomUUID() })}`;
    // By the key alone: with options beside it Node throws and catches an error first, as dear as the signature.
    const made = pairOf(sign('sha256', Buffer.from(text), privateKey));
    return `DPoP: ${text}.${made.toString('base64url')}\r\n`;
  };
}

// Steps as wide as this prime reach every number below `families` once, in no order that a disk likes.
const stride = 15_485_863;
let used = 0;

function refreshAtRandom(service: Service, families: number): Step {
  const authorization = basic(service.clients.opaque);
  return async ({ connection }, seen) => {
    const family = (used++ * stride) % families;
    const form = `grant_type=refresh_token&refresh_token=${refreshTokenOf(family)}`;
    tokensOf(await connection.post(service.token, form, authorization), seen);
  };
}

function refreshItsOwn(service: Service): Step {
  const authorization = basic(service.clients.opaque);
  return async ({ connection, families }, seen) => {
    const family = families.shift();
    if (!family) throw new Error('the connection has no family');
    const form = `grant_type=refresh_token&refresh_token=${family.refresh_token}`;
    const { refresh_token } = tokensOf(
      await connection.post(family.token, form, authorization),
      seen,
    );
    if (!refresh_token) throw new Error('no refresh token came');
    families.push({ ...family, refresh_token });
  };
}

function clientCredentials(service: Service, format: BenchClient['format'], more = ''): Step {
  const authorization = basic(service.clients[format]);
  const form = `grant_type=client_credentials&scope=api${more}`;
  return async ({ connection }, seen) => {
    tokensOf(await connection.post(service.token, form, authorization), seen);
  };
}

function introspection(service: Service, format: BenchClient['format']): Step {
  const authorization = basic(service.clients[format]);
  return async ({ connection, tokens }) => {
    const form = `token=${tokens[format].access_token}&token_type_hint=access_token`;
    const answer = await connection.post(service.introspect, form, authorization);
    if (answer.status !== 200 || JSON.parse(answer.body).active !== true) {
      throw new Error(`${answer.head}\n${answer.body}`);
    }
  };
}

function codeFlow(service: Service): Step {
  const client = service.clients.opaque;
  const authorization = basic(client);
  const path = authorizePath(service, client, 'openid api');
  return async ({ connection, cookie }, seen) => {
    const answer = await connection.get(path, cookie);
    const location = header(answer, 'location');
    if (answer.status !== 303 || location === undefined) throw new Error(answer.head);
    const redeemed = await connection.post(service.token, redeemForm(location), authorization);
    const { refresh_token, id_token } = tokensOf(redeemed, seen);
    if (!refresh_token || !id_token) throw new Error('the code gave too few tokens');
  };
}

/** What a connection does in a scenario; `families` is how many tokens it can choose at random. */
export function stepOf(scenario: Scenario, service: Service, families: number): Step {
  const steps: Record<Scenario, () => Step> = {
    'refresh opaque': () => refresh(service, 'opaque'),
    'refresh ES256': () => refresh(service, 'jwt'),
    'refresh DPoP': () => refresh(service, 'opaque', proofs(service)),
    'client_credentials opaque': () => clientCredentials(service, 'opaque'),
    'client_credentials ES256': () => clientCredentials(service, 'jwt'),
    'client_credentials resource': () =>
      clientCredentials(service, 'opaque', `&resource=${encodeURIComponent(resource)}`),
    'introspection opaque': () => introspection(service, 'opaque'),
    'introspection JWT': () => introspection(service, 'jwt'),
    'code flow': () => codeFlow(service),
    'refresh at random': () => refreshAtRandom(service, families),
    'refresh of its own': () => refreshItsOwn(service),
  };
  return steps[scenario]();
}
