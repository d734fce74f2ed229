// Values from harmless to malformed, for every place of a request.
import { base64url, type Chance } from './chance.ts';

/** What every secret that the fuzz makes up begins with, so that it is found where it must not be. */
export const canary = 'C4naRY';

type Make = (chance: Chance) => string;

const numbers = [
  ...['0', '-0', '-1', '1', '1.5', '1e3', '1e400', '-1e400', '0x10', '1e-400', 'NaN', 'Infinity'],
  ...['2147483647', '2147483648', '9007199254740993', '9223372036854775807', '9223372036854775808'],
  ...['99999999999999999999', '253402300800', '100000000000', '9224318016000', '00012', '１２'],
];

const oddities = [
  ...['', ' ', '\t', '\0', 'a\0b', '\r\nX-Injected: 1', '\u001b[31m', '\u007f', '\u0085', '\ufeff'],
  ...[
    '\u202eevil',
    '\u2066',
    '\u200b',
    '\ud800',
    'x\udfffy',
    '\ufffd',
    '\u{1f511}',
    'ä',
    'e\u0301',
  ],
  ...[
    "'",
    "''; select 1; --",
    '"',
    '\\',
    '\\x00',
    '$1',
    '%s',
    '%',
    '%00',
    '%zz',
    '%C0%AF',
    '{{1}}',
  ],
  ...[
    '<script>',
    '../..',
    '..%2f',
    '.',
    '*',
    '__proto__',
    'constructor',
    'null',
    'true',
    '[object Object]',
  ],
  ...[
    '{',
    '[]',
    '{}',
    '"x"',
    '{"a":',
    '{"id_token":{"sub":{"value":"\\u0000"}}}',
    '{"userinfo":null}',
  ],
  ...['none', 'login', 'none login', 'openid', 'openid email', 'code', 'token', 'S256', 'plain'],
  ...[
    'unknown',
    '_hidden',
    '::',
    '::1',
    'fe80::1%eth0',
    '[::1]:80',
    '1.2.3.4:5678',
    '::ffff:10.0.0.1',
  ],
];

const uris = [
  ...[
    'http://127.0.0.1:9999/callback',
    'http://127.0.0.1:99999/callback',
    'http://[::1',
    'https://',
  ],
  ...[
    'https://a.example/x',
    'https://a.example/x#y',
    'https://a.example:0/',
    'https://u:p@a.example/',
  ],
  ...[
    'javascript:alert(1)',
    'com.example.app:/x',
    'urn:a',
    'data:,x',
    '//a.example',
    'https://ä.example/',
  ],
  ...['https://a.example/%00', 'https://a.example/..', 'HTTPS://A.EXAMPLE', 'https://a.example/*'],
];

const uuid: Make = (chance) =>
  [8, 4, 4, 4, 12].map((length) => chance.text(length, '0123456789abcdef')).join('-');

/** 43 characters that pass for base64url of 32 bytes. */
export const secretText: Make = (chance) =>
  `${canary}${chance.text(36)}${chance.pick([...'AEIQ048'])}`;

const expiry: Make = (chance) =>
  chance.pick([
    '1',
    'zzzzzzzz',
    'zzzzzzzzz',
    '0',
    '1a2b3c',
    (Date.now() / 1000 + 60).toString(36).slice(0, 6),
  ]);

/** Shaped like one of our own, its expiry at any moment. */
const token: Make = (chance) => {
  const lasting = chance.pick(['cs', 'ak', 'br', 'rg', 'ia', 'lc', 'lv']);
  const expiring = chance.pick(['ac', 'at', 'rq', 'ss', 'us']);
  return chance.pick([
    `pgrant_${lasting}_${secretText(chance)}`,
    `pgrant_${expiring}_${expiry(chance)}_${secretText(chance)}`,
    `pgrant_rt_${chance.text(21)}A.${secretText(chance)}`,
  ]);
};

const encode = (text: string) => Buffer.from(text).toString('base64url');

/** Shaped like a JWT, with whatever in it. */
export const jwt: Make = (chance) => {
  const header = {
    alg: chance.pick<unknown>(['ES256', 'RS256', 'none', 'HS256', 'EdDSA', 1, null]),
    typ: chance.pick<unknown>([
      'JWT',
      'at+jwt',
      'client-authentication+jwt',
      undefined,
      { toString: 1 },
    ]),
    kid: chance.pick<unknown>([undefined, '', 'x'.repeat(5000), 7, {}, 'a\0']),
    ...(chance.oneIn(4) && { crit: chance.pick<unknown>([[], ['b64'], ['exp'], 'x']), b64: false }),
    ...(chance.oneIn(8) && { jwk: {}, jku: 'https://a.example/', x5c: [1], zip: 'DEF' }),
  };
  const moment = () =>
    chance.pick<unknown>([
      undefined,
      0,
      -1,
      1e11,
      1e15,
      1e300,
      1.5,
      'x',
      null,
      {},
      { valueOf: 1, toString: 1 },
    ]);
  const about = () =>
    chance.pick<unknown>([undefined, 'web', 'robot', '', 7, {}, ['x'], 'a\0', { toString: 1 }]);
  const claims = {
    iss: about(),
    sub: about(),
    aud: about(),
    jti: about(),
    exp: moment(),
    iat: moment(),
    nbf: moment(),
    ...(chance.oneIn(4) && { deep: deepMark }),
  };
  const payload = chance.oneIn(6)
    ? chance.pick(['[]', 'null', '7', '"x"', '{', '', '[[[[', '{"a":1,"a":2,"__proto__":{}}'])
    : withDepth(JSON.stringify(claims), 2000);
  return `${encode(JSON.stringify(header))}.${encode(payload)}.${secretText(chance)}`;
};

const long: Make = (chance) =>
  chance
    .pick(['a', 'ä', '%', ' ', '\u{1f511}', 'a '])
    .repeat(chance.pick([255, 256, 2048, 2049, 4000, 9000]));

const makers: Make[] = [
  (chance) => chance.pick(numbers),
  (chance) => chance.pick(oddities),
  (chance) => chance.pick(oddities),
  (chance) => chance.pick(uris),
  (chance) => chance.text(chance.below(60)),
  (chance) =>
    chance.text(
      1 + chance.below(20),
      '\0\t\n "\\%&=+;,/?#[]{}<>ä\u{1f511}\ud800'.split('').join(''),
    ),
  uuid,
  token,
  token,
  jwt,
  long,
];

export const junk: Make = (chance) => chance.pick(makers)(chance);

/** A good value with one thing broken. */
export function broken(chance: Chance, value: string): string {
  const at = chance.below(value.length + 1);
  return chance.pick([
    () => value.slice(0, at),
    () => value.slice(0, at) + chance.pick(oddities) + value.slice(at),
    () => value.slice(0, at) + chance.text(1, base64url) + value.slice(at + 1),
    () => value + value,
    () => value.toUpperCase(),
    () => ` ${value}`,
    () => `${value}\0`,
    () => junk(chance),
  ])();
}

export const deepMark = '@deep@';

/** Puts nested arrays where the mark is. */
export function withDepth(text: string, depth: number): string {
  return text.replaceAll(`"${deepMark}"`, `${'['.repeat(depth)}${']'.repeat(depth)}`);
}

/** A JSON value of any type; may hold the mark. */
export function jsonJunk(chance: Chance, names: readonly string[], depth = 3): unknown {
  const kind = chance.below(depth > 0 ? 9 : 6);
  if (kind < 3) return junk(chance);
  if (kind === 3) return chance.pick([0, -1, 1.5, 1e308, 2 ** 31, 2 ** 53 + 2, -0]);
  if (kind === 4) return chance.pick([null, true, false]);
  if (kind === 5) return chance.oneIn(4) ? deepMark : {};
  const some = Array.from({ length: chance.below(5) });
  if (kind === 6) return some.map(() => jsonJunk(chance, names, depth - 1));
  return Object.fromEntries(
    some.map(() => [
      chance.oneIn(3) ? junk(chance) : chance.pick(names),
      jsonJunk(chance, names, depth - 1),
    ]),
  );
}
