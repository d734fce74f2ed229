import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { bind, statementOf } from '../../src/db/binding.ts';
import { call, callAll, Refusal } from '../../src/db/call.ts';
import { isUnavailable } from '../../src/db/unavailable.ts';
import { arrayLiteral, parseArray } from '../../src/db/wire-values.ts';
import { release } from '../../src/release/release.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { sqlVariant } from '../support/sql.ts';

type Arguments = {
  tenant: string;
  bytes: Uint8Array | null;
  flag: boolean | null;
  document: unknown;
  list: string[] | null;
  number: number | null;
  extra?: string | null;
};

type Row = {
  error: string | null;
  reason: string | null;
  bytes: Buffer | null;
  flag: boolean | null;
  document: unknown;
  list: string[] | null;
  number: number | null;
  at: string | null;
  extra: string | null;
};

const echo = bind<Arguments, Row>('pgrant_api.echo', [
  ['tenant', 'uuid'],
  ['bytes', 'bytea'],
  ['flag', 'boolean'],
  ['document', 'jsonb'],
  ['list', 'text[]'],
  ['number', 'bigint'],
  ['extra', 'text', 'optional'],
]);

/** sql/ with a function that gives back what it gets, in a result type with fields of its own. */
function echoFolder(fields: string[]): string {
  const more = fields.map((field) => `, ${field} text`).join('');
  return sqlVariant({
    'functions/echo.sql': `
      create type pgrant_api.echo as (error text, reason text, bytes bytea, flag boolean, document jsonb,
                                      list text[], number bigint, at timestamptz, extra text${more});
      create function pgrant_api.echo(p_tenant uuid, p_bytes bytea, p_flag boolean, p_document jsonb, p_list text[],
                                      p_number bigint, p_extra text default 'default') returns pgrant_api.echo
      language plpgsql security definer set search_path = ''
      as $$
      declare
        v_out pgrant_api.echo;
      begin
        v_out.bytes := p_bytes; v_out.flag := p_flag; v_out.document := p_document; v_out.list := p_list;
        v_out.number := p_number; v_out.extra := p_extra; v_out.at := '2026-01-02 03:04:05+00';
        if p_extra = 'refuse' then
          v_out.error := 'access_denied'; v_out.reason := 'asked for';
          insert into pgrant_rules.echoed values (p_extra);
        end if;
        return v_out;
      end
      $$;
      create table pgrant_rules.echoed (what text);
      grant insert on pgrant_rules.echoed to pgrant_definer;`,
  });
}

let database: TestDatabase;
const plain = echoFolder([]);

beforeAll(async () => {
  database = await createDatabase();
  await release(database.url('postgres'), plain);
});

const values: Arguments = {
  tenant: randomUUID(),
  bytes: Buffer.from([0, 255, 92, 120]),
  flag: true,
  document: { 'a "b"': [1, null, 'é\\'] },
  list: ['plain', '', 'with "quotes", {braces} and \\', 'null', ' spaced '],
  number: 1_900_000_000_000,
};

test('every kind of value comes back as it was sent', async () => {
  expect(await call(database.web, echo, values)).toEqual({
    error: null,
    reason: null,
    bytes: values.bytes,
    flag: true,
    document: values.document,
    list: values.list,
    number: values.number,
    at: '2026-01-02 03:04:05+00',
    extra: 'default',
  });
  const row = await call(database.web, echo, { ...values, flag: false, list: [], extra: 'given' });
  expect([row.flag, row.list, row.extra]).toEqual([false, [], 'given']);
});

test('null is null, and a default is not taken for it', async () => {
  const row = await call(database.web, echo, {
    tenant: values.tenant,
    bytes: null,
    flag: null,
    document: null,
    list: null,
    number: null,
    extra: null,
  });
  const { at, ...rest } = row;
  expect(Object.values(rest)).toEqual(Object.values(rest).map(() => null));
});

test('whether all arguments are given, some or none, each has a statement of its own', () => {
  const binding = bind('f', [
    ['a', 'int', 'optional'],
    ['b', 'int', 'optional'],
  ]);
  const of = (args: Record<string, number>) => statementOf(binding, args);
  for (let round = 0; round < 2; round += 1) {
    expect(of({})).toBe('select * from f()');
    expect(of({ b: 1 })).toBe('select * from f(p_b => $1::text::int)');
    expect(of({ a: 1, b: 1 })).toBe('select * from f(p_a => $1::text::int, p_b => $2::text::int)');
  }
});

test('a refusal is thrown after its statement has committed', async () => {
  const refused = call(database.web, echo, { ...values, extra: 'refuse' });
  await expect(refused).rejects.toBeInstanceOf(Refusal);
  await expect(refused).rejects.toMatchObject({ error: 'access_denied', reason: 'asked for' });
  expect(await database.sql`select what from pgrant_rules.echoed`).toEqual([{ what: 'refuse' }]);
});

test('callAll gives the rows, refused or not', async () => {
  const [row] = await callAll(database.web, echo, { ...values, extra: 'refuse' });
  expect(row?.error).toBe('access_denied');
});

test('a tenant that is no uuid never reaches the database', async () => {
  const call1 = call(database.web, echo, { ...values, tenant: "x'; drop table y" });
  await expect(call1).rejects.toThrow('pgrant_api.echo: tenant must be a uuid');
});

test('results that change their type under load arrive unharmed, and no call fails', async () => {
  const folders = [echoFolder(['more']), echoFolder(['more', 'still_more']), plain];
  let releasing = true;
  let calls = 0;
  const load = async () => {
    while (releasing) {
      const sent = {
        ...values,
        bytes: randomBytes(32),
        flag: calls % 2 === 0,
        document: { number: calls, text: '\\x00' },
      };
      const row = await call(database.web, echo, sent);
      calls++;
      // The releases need the processor, too.
      await sleep(2);
      const { bytes, flag, document, list } = row;
      expect({ bytes, flag, document, list }).toEqual({
        bytes: sent.bytes,
        flag: sent.flag,
        document: sent.document,
        list: sent.list,
      });
    }
  };
  const loads = Promise.all(Array.from({ length: 8 }, load));
  const releases = (async () => {
    for (const folder of [...folders, ...folders.slice(0, 1)]) {
      expect((await release(database.url('postgres'), folder)).reloaded).toBe(true);
      await sleep(50);
    }
  })();
  await Promise.all([releases.finally(() => (releasing = false)), loads]);
  expect(calls).toBeGreaterThan(500);
}, 180_000);

const tenants = [randomUUID(), randomUUID()];

test('a pool serves more calls at once than it has connections, and the same ones later', async () => {
  const wave = () =>
    Promise.all(
      Array.from({ length: 200 }, (_, at) =>
        call(database.web, echo, { ...values, tenant: tenants[at % 2] as string }),
      ),
    );
  await wave();
  await wave();
  const [row] = await database.sql`
    select count(*)::int as n from pg_stat_activity where usename = 'pgrant_web' and datname = current_database()`;
  expect(row?.n).toBe(4);
});

test('a function that a release has given other arguments is one that this process cannot call now', async () => {
  const before = bind<Arguments & { gone: string }, Row>('pgrant_api.echo', [
    ['tenant', 'uuid'],
    ['gone', 'text'],
  ]);
  const asked = call(database.web, before, { ...values, gone: 'x' });
  await expect(asked).rejects.toSatisfy(isUnavailable);
});

test('array literals are read as they are written', () => {
  for (const list of [[], ['a'], ['', ','], ['{}', '"', '\\', '\\"', 'a\nb', 'é']]) {
    expect(parseArray(arrayLiteral(list))).toEqual(list);
  }
});
