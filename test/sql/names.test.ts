// Names that people decide by show what they are, whoever writes them.
import { beforeAll, describe, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import { callAll } from '../../src/db/call.ts';
import { isSoundName, normalName } from '../../src/protocol/name.ts';
import { store } from '../support/documents.ts';
import {
  ask,
  makeClient,
  makeUser,
  makeWorld,
  operate,
  secret,
  type World,
} from '../support/fixtures.ts';
import { configure, publicClient, register } from '../support/self-registered.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld();
  await configure(world, {
    registration: 'open',
    registration_rate: 1_000_000,
    client_documents: 'open',
  });
});

/** The code points of a property as the ranges of a bracket expression of PostgreSQL. */
function rangesOf(property: RegExp): string {
  const escaped = (at: number) => {
    const digits = at.toString(16).toUpperCase();
    return at > 0xffff ? `\\U${digits.padStart(8, '0')}` : `\\u${digits.padStart(4, '0')}`;
  };
  let ranges = '';
  let from: number | undefined;
  for (let at = 1; at <= 0x110000; at += 1) {
    const surrogate = at >= 0xd800 && at <= 0xdfff;
    const is = at < 0x110000 && !surrogate && property.test(String.fromCodePoint(at));
    if (is) from ??= at;
    else if (from !== undefined) {
      ranges += from === at - 1 ? escaped(from) : `${escaped(from)}-${escaped(at - 1)}`;
      from = undefined;
    }
  }
  return ranges;
}

describe('the code points', () => {
  test.each([
    [
      'invisible_characters',
      /(?! )[\p{Cc}\p{Cf}\p{Co}\p{Z}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\uFFFC\uFFFD]/u,
    ],
    ['pictographs', /\p{Extended_Pictographic}/u],
  ])('of pgrant.%s are those of the Unicode properties', async (name, property) => {
    const [row] = await world.database.sql.unsafe(`select pgrant.${name}() as ranges`);
    expect(row?.ranges).toBe(rangesOf(property));
  });

  test('that are a name by themselves are the same in SQL and in the web process', async () => {
    const [row] = await world.database.sql`
      select array_agg(g order by g) as sound from generate_series(1, 1114111) g
       where g not between 55296 and 57343 and pgrant.name_sound(chr(g))`;
    const sound: number[] = [];
    for (let at = 1; at < 0x110000; at += 1) {
      if (isSoundName(String.fromCodePoint(at))) sound.push(at);
    }
    expect(sound.length).toBeGreaterThan(900_000);
    // Which letters there are, and how they compose, is for PostgreSQL's own version of Unicode to say.
    const unlike = new Set(sound).symmetricDifference(new Set(row?.sound as number[]));
    const composed = [...unlike].filter(
      (at) => String.fromCodePoint(at).normalize('NFC') === String.fromCodePoint(at),
    );
    expect(composed).toEqual([]);
  }, 60_000);
});

const zwj = '\u200d';
const zwnj = '\u200c';
const good = [
  'Ada Lovelace',
  "Renée O'Brien-Łukasiewicz",
  '山田 太郎',
  'محمد',
  `می${zwnj}خواهم`,
  `ක්${zwj}රම`,
  'नमस्ते',
  '김철수',
  '❤\ufe0f Fern',
  `👩\u{1f3fd}${zwj}💻`,
  '1\ufe0f\u20e3',
  '©',
  'x'.repeat(255),
  '💚'.repeat(255),
];
const bad: [string, string][] = [
  ['nothing', ''],
  ['a space', ' '],
  ['a Hangul filler', '\u3164'],
  ['half-width and Jamo fillers', '\uffa0\u115f\u1160'],
  ['a blank Braille pattern', '\u2800'],
  ['a zero-width space', 'Pay\u200bPal'],
  ['a joiner between Latin letters', `Pay${zwj}Pal`],
  ['a non-joiner between Cyrillic letters', `На${zwnj}ш`],
  ['a joiner at the end', `می${zwnj}`],
  ['two joiners', `می${zwnj}${zwnj}خ`],
  ['a right-to-left override', 'a\u202eb'],
  ['an isolate', '\u2066a\u2069'],
  ['a right-to-left mark', 'a\u200f'],
  ['an Arabic letter mark', 'a\u061c'],
  ['a soft hyphen', 'Pay\u00adPal'],
  ['a combining grapheme joiner', 'a\u034fb'],
  ['tags', 'Fern\u{e0041}\u{e007f}'],
  ['a variation selector', 'Fern\ufe0f'],
  ['an ideographic variation selector', '葛\u{e0100}'],
  ['a keycap without its box', '1\ufe0f'],
  ['a mark before all', '\u0301a'],
  ['a private character', '\ue000'],
  ['a noncharacter', '\ufdd0'],
  ['what replaces a lost character', 'a\ufffdb'],
  ['what stands for an object', '\ufffc'],
  ['invisible operators', 'a\u2062b'],
  ['musical formatting', 'a\u{1d173}'],
  ['a line break', 'a\nb'],
  ['a paragraph separator', 'a\u2029b'],
  ['an escape', 'a\u001b[31m'],
  ['a no-break space', 'a\u00a0b'],
  ['an ideographic space', '山田\u3000太郎'],
  ['two spaces', 'a  b'],
  ['a space at the end', 'a '],
  ['decomposed letters', 'Rene\u0301'],
  ['256 characters', 'x'.repeat(256)],
];

const soundInSql = async (name: string) =>
  (await world.database.sql`select pgrant.name_sound(${name}) as sound`)[0]?.sound;

describe('a name', () => {
  test.each(good)('%s is one', async (name) => {
    expect([isSoundName(name), await soundInSql(name)]).toEqual([true, true]);
  });

  test.each(bad)('of %s is none', async (_, name) => {
    expect([isSoundName(name), await soundInSql(name)]).toEqual([false, false]);
  });

  test.each([...good, ...bad.map(([, name]) => name)])(
    '%j is brought into its normal form alike',
    async (name) => {
      const [row] = await world.database.sql`select pgrant.name_normal(${name}) as normal`;
      expect(row?.normal).toBe(normalName(name));
      expect(row?.normal).toBe(normalName(row?.normal));
    },
  );
});

test('every name that people are shown is under the rule, or a word of ASCII', async () => {
  const unruled = await world.database.sql`
    select c.oid::regclass::text as table, a.attname::text as column
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and a.atttypid = 'text'::regtype and a.attname ~ '^(name|title|username|.*_name|description)$'
       and c.relname !~ '_history$'
       and not exists (select from pg_constraint k
                        where k.conrelid = c.oid and a.attnum = any (k.conkey)
                          and (k.contype = 'f' or pg_get_constraintdef(k.oid) ~ '_sound\\(|~ ''\\^\\['))`;
  // That one is of tables.
  expect([...unruled]).toEqual([{ table: 'pgrant.partition_plans', column: 'table_name' }]);
});

const deceptive = 'Pay\u200bPal';
/** Each function by which somebody with rights gives a name. */
const writers: [string, () => Promise<unknown>][] = [
  [
    'tenant_add',
    () =>
      callAll(world.database.worker, ops.tenant_add, {
        name: 'other',
        issuer: 'https://other.example',
        host: 'other.example',
        path: '',
        title: deceptive,
      }),
  ],
  ['tenant_set', () => configure(world, { title: deceptive })],
  ['client_add', () => makeClient(world, 'new', { name: deceptive })],
  [
    'client_set',
    async () => {
      const { client_id } = await makeClient(world, 'old');
      return operate(world, ops.client_set, { client_id, settings: { name: deceptive } as never });
    },
  ],
  ['scope_add', () => operate(world, ops.scope_add, { scope: 's', title: deceptive })],
  [
    'scope_add of a description',
    () => operate(world, ops.scope_add, { scope: 's', title: 'S', description: 'a\u202eb' }),
  ],
  ['role_add', () => operate(world, ops.role_add, { role: 'r', title: deceptive } as never)],
  ['user_add', () => makeUser(world, deceptive)],
  [
    'group_set',
    () => operate(world, ops.group_set, { group: 'g', title: deceptive, roles: [] } as never),
  ],
  [
    'resource_set',
    () => {
      const resource = 'https://api.example.com/';
      return operate(world, ops.resource_set, { resource, title: deceptive } as never);
    },
  ],
  [
    'registration_token_add',
    () => operate(world, ops.registration_token_add, { name: deceptive, token_hash: secret() }),
  ],
];

describe('dots alone, which no URL can name, are refused [RFC 3986 5.2.4]', () => {
  const inWords = { code: 'OA003', message: expect.stringContaining('neither . nor ..') };

  test.each(['.', '..'])('%s', async (name) => {
    const title = 'T';
    const writers = [
      () => makeUser(world, name),
      () => makeClient(world, name),
      () => operate(world, ops.scope_add, { scope: name, title }),
      () => operate(world, ops.role_add, { role: name, title } as never),
      () => operate(world, ops.group_set, { group: name, title, roles: [] } as never),
    ];
    for (const write of writers) await expect(write()).rejects.toMatchObject(inWords);
  });
});

describe('a deceptive name', () => {
  const inWords = {
    code: 'OA003',
    message: expect.stringMatching(/must be text of .* characters/),
  };

  test.each(writers)('is refused by %s', async (_, write) => {
    await expect(write()).rejects.toMatchObject(inWords);
  });

  test('is refused to who registers, changes a registration, or publishes a document [RFC 7591 3.2.2]', async () => {
    const refused = { error: 'invalid_client_metadata', reason: expect.stringContaining('name') };
    for (const [, name] of bad.filter(([, bad]) => !isSoundName(normalName(bad)))) {
      expect((await register(world, { name })).row, JSON.stringify(name)).toMatchObject(refused);
      expect((await store(world, undefined, { name })).row).toMatchObject(refused);
    }
    const { client, registration_hash } = await register(world);
    const replaced = await ask(world, api.registration_replace, {
      registered_id: client.client_id,
      registration_hash,
      metadata: { ...publicClient, name: deceptive } as never,
      next_secret_hash: secret(),
    });
    expect(replaced).toMatchObject(refused);
  });

  test('is taken in its normal form where that is all that is wrong with it', async () => {
    const { row } = await register(world, { name: ' Rene\u0301\u3000 B\n' });
    expect(row.metadata).toMatchObject({ client_name: 'Ren\u00e9 B' });
  });
});
