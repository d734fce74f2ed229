// Requests for every route of the table: good ones, good ones with something broken, and junk.
import { type Route, routes } from '../../src/http/app.ts';
import { type Chance, chanceOf } from './chance.ts';
import type { Draft, Pair } from './draft.ts';
import { names } from './names.ts';
import type { Signed } from './signed.ts';
import type { Goods, Stock } from './stock.ts';
import { broken, jsonJunk, junk, secretText } from './values.ts';

const formType = 'application/x-www-form-urlencoded';
const methods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'SEARCH',
  'PROPFIND',
  'get',
];
const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** The parameters of good requests, by route; those of a route that is not here are chosen from all names. */
const parametersOf: Record<string, (goods: Goods, chance: Chance, signed: Signed) => Pair[]> = {
  '/oauth/authorize': (goods) => [
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
function good(chance: Chance, route: Route, { goods, signed }: Stock): Draft {
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

const basic = (id: string, pass: string) =>
  `Basic ${Buffer.from(`${id}:${pass}`).toString('base64')}`;

/** Headers that are read, and what is sent in them. */
const headers: Record<string, (chance: Chance) => string> = {
  Authorization: (chance) =>
    chance.pick([
      () => basic(junk(chance), junk(chance)),
      () => basic('web%00', secretText(chance)),
      () => `Basic ${junk(chance)}`,
      () => `Bearer ${junk(chance)}`,
      () => `Bearer pgrant_at_zzzzzz_${secretText(chance)}`,
      () => 'Basic',
      () => `DPoP ${junk(chance)}`,
      () => junk(chance),
    ])(),
  Cookie: (chance) =>
    `pgrant_session=${chance.oneIn(2) ? `pgrant_ss_zzzzzz_${secretText(chance)}` : junk(chance)}; pgrant_browser=${junk(chance)}; ;=;"`,
  Accept: (chance) =>
    chance.pick(['text/html', 'application/json', '', '*', ';q=', 'text/html;q=x', junk(chance)]),
  'Accept-Language': junk,
  'Content-Type': (chance) =>
    chance.pick([
      ...[
        formType,
        'application/json',
        `${formType};charset=utf-16`,
        'application/json; charset="x',
        'text/plain',
      ],
      ...[
        'multipart/form-data; boundary=',
        'application/x-www-form-urlencoded;',
        '/',
        'a/b/c',
        junk(chance),
      ],
    ]),
  'Content-Encoding': (chance) =>
    chance.pick(['gzip', 'deflate', 'br', 'zstd', 'gzip, gzip', 'identity', junk(chance)]),
  Origin: (chance) =>
    chance.pick([
      'null',
      'http://127.0.0.1',
      'https://a.example:99999',
      'https://a.example/x',
      junk(chance),
    ]),
  Host: (chance) =>
    chance.pick(['', 'u:p@acme', 'a b', '[::1', 'a:b', 'x'.repeat(5000), junk(chance)]),
  'X-Forwarded-For': (chance) =>
    Array.from({ length: 1 + chance.below(4) }, () =>
      chance.pick([
        '1.2.3.4:5678',
        '[::1]:80',
        'fe80::1%eth0',
        'unknown',
        '_hidden',
        '::ffff:1.2.3.4',
        '127.0.0.1',
        '010.1.1.1',
        junk(chance),
      ]),
    ).join(', '),
  'X-Forwarded-Host': (chance) => chance.pick(['a.example, b.example', ',', junk(chance)]),
  'X-Forwarded-Proto': (chance) => chance.pick(['https, http', 'HTTPS', 'x', junk(chance)]),
  Forwarded: (chance) => `for=${junk(chance)};host=${junk(chance)}`,
  Referer: (chance) => `https://a.example/${secretText(chance)}`,
  'Sec-Fetch-Site': (chance) => chance.pick(['cross-site', 'same-origin', junk(chance)]),
  'Access-Control-Request-Method': (chance) => chance.pick(['POST', junk(chance)]),
  traceparent: (chance) =>
    chance.pick(['00-0-0-0', `00-${'f'.repeat(32)}-${'f'.repeat(16)}-01`, junk(chance)]),
  Expect: (chance) => chance.pick(['100-continue', 'x']),
  Upgrade: (chance) => chance.pick(['h2c', 'websocket']),
  'Content-Length': (chance) => chance.pick(['70000', '1e3', '-1', '99999999999999999999']),
  'Transfer-Encoding': (chance) => chance.pick(['chunked', 'gzip', 'chunked, chunked', 'x']),
};

type Change = (draft: Draft, chance: Chance) => void;

const pairsOf = ({ body, query }: Draft) => (body.kind === 'form' ? body.pairs : query);

const changes: Change[] = [
  // A parameter: broken, anything, gone, twice, one more.
  ...Array.from(
    { length: 4 },
    (): Change => (draft, chance) => {
      const pair = chance.pick(pairsOf(draft));
      if (pair) pair[1] = broken(chance, pair[1]);
    },
  ),
  ...Array.from(
    { length: 3 },
    (): Change => (draft, chance) => {
      const pair = chance.pick(pairsOf(draft));
      if (pair) pair[1] = junk(chance);
    },
  ),
  (draft, chance) => pairsOf(draft).splice(chance.below(8), 1),
  (draft, chance) => pairsOf(draft).push([chance.pick(pairsOf(draft))?.[0] ?? 'x', junk(chance)]),
  (draft, chance) => pairsOf(draft).push([chance.pick(names), junk(chance)]),
  (draft, chance) => pairsOf(draft).push([junk(chance), junk(chance)]),
  // A member of the JSON body.
  ...Array.from(
    { length: 6 },
    (): Change => (draft, chance) => {
      if (draft.body.kind !== 'json') return;
      const { value } = draft.body;
      if (typeof value !== 'object' || value === null) return;
      const name = chance.oneIn(2) ? chance.pick(Object.keys(value)) : chance.pick(names);
      draft.body.value = { ...value, [name ?? 'x']: jsonJunk(chance, names) };
    },
  ),
  (draft, chance) => {
    if (draft.body.kind === 'json') draft.body.value = jsonJunk(chance, names);
  },
  // A header: anything, gone.
  ...Array.from(
    { length: 4 },
    (): Change => (draft, chance) => {
      const name = chance.pick(Object.keys(headers));
      draft.headers = draft.headers.filter(([one]) => one !== name || chance.oneIn(8));
      draft.headers.push([name, headers[name]?.(chance) ?? '']);
    },
  ),
  (draft, chance) => draft.headers.splice(chance.below(draft.headers.length), 1),
  (draft, chance) => {
    draft.method = chance.pick(methods);
  },
  // The path.
  (draft, chance) => {
    const segments = draft.path.split('/');
    segments[1 + chance.below(segments.length)] = chance.pick([
      ...[
        '%00',
        '%',
        '%zz',
        '%ff',
        '..',
        '',
        '%2f',
        'oauth',
        '.well-known',
        'ä',
        secretText(chance),
      ],
      encodeURIComponent(junk(chance).toWellFormed()),
    ]);
    draft.path = segments.join('/');
  },
  (draft, chance) => {
    draft.path = chance.pick([
      ...[
        '*',
        '/',
        '//',
        `/${secretText(chance)}`,
        'http://',
        'http://[::1',
        'http://u@h:1/oauth/jwks.json',
        'x:y',
        '/#',
        '/?',
      ],
      ...[
        '/livez',
        '/readyz',
        '/acme/oauth/register/%00',
        `/acme/oauth/pgrant_at_zzzzzz_${secretText(chance)}`,
      ],
    ]);
  },
  // The body as bytes.
  (draft, chance) => {
    const sizes = [0, 1, 100, 65_536, 65_537, 200_000];
    const texts = [
      '\xff\xfe',
      'a=%ff',
      '{"a":1,"a":2}',
      '[[',
      '{"__proto__":{"x":1}}',
      '\ufeff{}',
      '{"\\ud800":"\\u0000"}',
    ];
    const bytes = chance.oneIn(2)
      ? Buffer.alloc(chance.pick(sizes), chance.pick(['a', '[', '&', '\xff', '{"a":']))
      : Buffer.from(chance.pick(texts), chance.pick(['latin1', 'utf8', 'utf16le']));
    draft.body = { kind: 'bytes', bytes };
  },
  (draft, chance) => {
    draft.framing = chance.pick(['chunked', 'chunked', 'short', 'aborted']);
  },
];

/** The request of that number, with what is good now. */
export function requestOf(seed: number, number: number, stock: Stock): Draft {
  const chance = chanceOf(seed, number);
  const draft = good(chance, chance.pick(routes), stock);
  const count = chance.pick([0, 1, 1, 1, 2, 2, 3, 5]);
  for (let done = 0; done < count; done += 1) chance.pick(changes)(draft, chance);
  return draft;
}
