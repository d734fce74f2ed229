// JWTs that verify, and say whatever comes to mind: what is behind the signature is fuzzed too.
import { createHash, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { redirect_uri } from '../support/acme.ts';
import { requested, signRequest } from '../support/pushing.ts';
import { makeKey, type SigningKey, sign } from '../support/signing.ts';
import { type Chance, chanceOf } from './chance.ts';
import { names } from './names.ts';
import { deepMark, jsonJunk, junk } from './values.ts';

export type Signed = {
  clients: string[];
  requests: string[];
  products: string[];
  statements: string[];
};

export const keys = {
  robot: await makeKey(),
  web: await makeKey(),
  product: await makeKey(),
  publisher: await makeKey(),
};

export const product = 'https://product.example';
export const publisher = 'https://publisher.example';

const count = 20;

/** Some of each kind; the first of each is good. */
export async function signedJunk(
  seed: number,
  number: number,
  { acme, shop }: { acme: string; shop: string },
): Promise<Signed> {
  const chance = chanceOf(seed, -number);
  const many = (make: (change: Record<string, unknown>) => Promise<string>) =>
    Promise.all(
      Array.from({ length: count }, (_, index) => make(index === 0 ? {} : claims(chance))),
    );
  return {
    clients: await many((change) => sign(keys.robot, 'robot', acme, { claims: change })),
    requests: await many((change) =>
      signRequest(keys.web, 'web', acme, requested(redirect_uri), { claims: change }),
    ),
    products: await many((change) => productJwt(chance, shop, change)),
    statements: await many((change) =>
      jwt(keys.publisher, { iss: publisher, client_name: 'Fern', ...change }, 'JWT'),
    ),
  };
}

/** A few claims of junk; deep ones as deep as any fit into a parameter. */
function claims(chance: Chance): Record<string, unknown> {
  const list = [
    'sub',
    'jti',
    'exp',
    'iat',
    'nbf',
    'aud',
    'auth_time',
    'username',
    'claims',
    'request_uri',
    'response_mode',
    'roles',
    'amr',
    'acr',
  ];
  return Object.fromEntries(
    Array.from({ length: 1 + chance.below(2) }, () => {
      const value = chance.oneIn(3) ? { [junk(chance)]: junk(chance) } : jsonJunk(chance, names);
      return [
        chance.oneIn(3) ? chance.pick(names) : chance.pick(list),
        value === deepMark ? nested : value,
      ];
    }),
  );
}

const nested = Array.from({ length: 1500 }).reduce<unknown>((inner) => [inner], null);

function productJwt(chance: Chance, audience: string, change: Record<string, unknown>) {
  const now = Math.floor(Date.now() / 1000);
  const login_challenge = createHash('sha256').update(chance.text(8)).digest('base64url');
  const said = { login_challenge, sub: 'user-1', auth_time: now, ...change };
  const kind = chance.pick(['show', 'accept', 'accept', 'reject']);
  return jwt(
    keys.product,
    { iss: product, aud: audience, iat: now, exp: now + 60, jti: randomUUID(), ...said },
    `login-${kind}+jwt`,
  );
}

function jwt({ alg, kid, privateKey }: SigningKey, said: Record<string, unknown>, typ: string) {
  return new SignJWT(said).setProtectedHeader({ alg, kid, typ }).sign(privateKey);
}
