// Requests: good ones, good ones with something broken, and junk.
import { routes } from '../../src/app.ts';
import { type Chance, chanceOf } from './chance.ts';
import type { Draft } from './draft.ts';
import { goodRequest } from './good.ts';
import { headers } from './headers.ts';
import { names } from './names.ts';
import type { Stock } from './stock.ts';
import { broken, jsonJunk, junk, secretText } from './values.ts';

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
  const draft = goodRequest(chance, chance.pick(routes), stock);
  const count = chance.pick([0, 1, 1, 1, 2, 2, 3, 5]);
  for (let done = 0; done < count; done += 1) chance.pick(changes)(draft, chance);
  return draft;
}
