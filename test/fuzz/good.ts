// Good requests for every route of the table.
import type { Route } from '../../src/endpoints/router.ts';
import type { Chance } from './chance.ts';
import type { Draft, Pair } from './draft.ts';
import { names } from './names.ts';
import type { Signed } from './signed.ts';
import type { Goods, Stock } from './stock.ts';
import { junk } from './values.ts';

export const formType = 'application/x-www-form-urlencoded';
const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** The parameters of good requests, by route; those of a route that is not here are chosen from all names. */
const parametersOf: Record<string, (goods: Goods, chance: Chance, signed: Signed) => Pair[]> = {
  '/oauth/authorize': (goods, chance, signed) => [
    ...(chance.oneIn(4) ? [['request', chance.pick(signed.requests)] as Pair] : []),
    ...(chance.oneIn(8) ? [['request_uri', goods.request_uri ?? ''] as Pair] : []),
    ...['redirect_uri', 'code_challenge'].map((name): Pair => [name, goods[name] ?? '']),
    ['client_id', 'web'],
    ['response_type', 'code'],
    ['code_challenge_method', 'S256'],
    ['scope', 'openid email'],
    ['max_age', '100'],
    ['claims', '{"userinfo":{"email":null},"id_token":{"sub":{"value":"x"}}}'],
    ['id_token_hint', goods.id_token_hint ?? ''],
    ['state', 'x'],
  ],
  '/oauth/par': (goods, chance, signed) => [
    ...secret(goods),
    ...chance.pick<() => Pair[]>([
      () => [['request', chance.pick(signed.requests)]],
      () => [
        ...['redirect_uri', 'code_challenge'].map((name): Pair => [name, goods[name] ?? '']),
        ['response_type', 'code'],
        ['response_mode', 'fragment.jwt'],
        ['code_challenge_method', 'S256'],
        ['scope', 'openid email'],
      ],
    ])(),
  ],
  '/oauth/token': (goods, chance, signed) =>
    chance.pick<() => Pair[]>([
      () => [
        ['grant_type', 'authorization_code'],
        ...['code', 'redirect_uri', 'code_verifier'].map((name): Pair => [name, goods[name] ?? '']),
        ...secret(goods),
      ],
      () => [
        ['grant_type', 'refresh_token'],
        ['refresh_token', goods.refresh_token ?? ''],
        ...secret(goods),
      ],
      () => [['grant_type', 'client_credentials'], ['scope', 'openid'], ...secret(goods)],
      () => [
        ['grant_type', 'client_credentials'],
        ['resource', 'https://api.example/'],
        ...assertion(chance.pick(signed.clients)),
      ],
    ])(),
  '/oauth/introspect': (goods) => [['token', goods.token ?? ''], ...secret(goods)],
  '/oauth/revoke': (goods) => [
    ['token', 'pgrant_at_zzz'],
    ['token_type_hint', 'x'],
    ...secret(goods),
  ],
  '/oauth/userinfo': ({ access_token = '' }) => [['access_token', access_token]],
  '/oauth/continue': ({ request = '' }) => [['request', request]],
  '/oauth/login': ({ request = '', username = '', password = '' }) => [
    ['request', request],
    ['username', username],
    ['password', password],
  ],
  '/oauth/select-account': ({ request = '', csrf = '' }) => [
    ['request', request],
    ['account', 'this'],
    ['csrf', csrf],
  ],
  '/oauth/consent': ({ request = '', csrf = '' }) => [
    ['request', request],
    ['decision', 'allow'],
    ['csrf', csrf],
  ],
  '/oauth/consents': ({ csrf = '', grant_id = '' }) => [
    ['csrf', csrf],
    ['grant_id', `${grant_id}x`],
  ],
  '/oauth/logout': ({ id_token_hint = '' }) => [
    ['id_token_hint', id_token_hint],
    ['client_id', 'web'],
    ['post_logout_redirect_uri', 'https://a.example/'],
    ['state', 'x'],
  ],
};

const secret = ({ client_id = '', client_secret = '' }: Goods): Pair[] => [
  ['client_id', client_id],
  ['client_secret', client_secret],
];
const assertion = (client_assertion: string): Pair[] => [
  ['client_assertion_type', jwtBearer],
  ['client_assertion', client_assertion],
];

const metadata = (goods: Goods) => ({
  client_id: goods.registered_id,
  client_name: 'Fern',
  redirect_uris: [goods.redirect_uri],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'none',
  contacts: ['a@a.example'],
  scope: 'openid',
  default_max_age: 100,
  jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA', kid: 'x' }] },
});

/** What a product signs is for its own tenant. */
const ofProduct = /^\/oauth\/login\/(show|accept|reject)$/;

/** A good request for a route. */
export function goodRequest(chance: Chance, route: Route, { goods, signed }: Stock): Draft {
  const [allowed, template, audience] = route;
  const method = chance.pick(allowed);
  const path =
    (ofProduct.test(template) ? '/shop' : '/acme') +
    template.replace(/:\w+/g, () => goods.registered_id ?? 'x');
  const pairs =
    (ofProduct.test(template)
      ? [['assertion', chance.pick(signed.products)] as Pair]
      : undefined) ??
    parametersOf[template]?.(goods, chance, signed) ??
    Array.from({ length: chance.below(6) }, (): Pair => [chance.pick(names), junk(chance)]);
  const draft: Draft = {
    method,
    path,
    query: [],
    headers: [
      ['Host', goods.host ?? ''],
      ['Accept', audience === 'page' ? 'text/html' : '*/*'],
    ],
    body: { kind: 'none' },
    framing: 'length',
    depth: chance.pick([10, 40, 1000, 5000, 30_000]),
  };
  draft.headers.push(['X-Forwarded-For', `198.51.${chance.below(256)}.${chance.below(256)}`]);
  if (audience === 'page') draft.headers.push(['Cookie', goods.cookie ?? '']);
  if (audience === 'bearer') {
    const token = template.includes(':') ? goods.registration_access_token : goods.access_token;
    if (method !== 'POST') draft.headers.push(['Authorization', `Bearer ${token}`]);
  }
  if (method !== 'POST' && method !== 'PUT') return { ...draft, query: pairs };
  const json = template.startsWith('/oauth/register');
  draft.headers.push(['Content-Type', json ? 'application/json' : formType]);
  const { client_id: _, ...without } = metadata(goods);
  const vouched = chance.oneIn(4) && { software_statement: chance.pick(signed.statements) };
  const value = { ...(method === 'PUT' ? metadata(goods) : without), ...vouched };
  return { ...draft, body: json ? { kind: 'json', value } : { kind: 'form', pairs } };
}
