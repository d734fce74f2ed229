// Headers that are read, from harmless to malformed.
import type { Chance } from './chance.ts';
import { formType } from './good.ts';
import { junk, secretText } from './values.ts';

const basic = (id: string, pass: string) =>
  `Basic ${Buffer.from(`${id}:${pass}`).toString('base64')}`;

/** Headers that are read, and what is sent in them. */
export const headers: Record<string, (chance: Chance) => string> = {
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
