// The thirty questions of sql/functions/report/README.md, and the right answers where there is a story of acme and one of other.
import { readFileSync } from 'node:fs';
import type { Sql } from 'postgres';
import { expect } from 'vitest';
import type { TestDatabase } from './database.ts';
import type { Story } from './story.ts';

type Rows = Record<string, unknown>[];

export type Asked = {
  database: Pick<TestDatabase, 'sql'>;
  acme: Story;
  /** An auditor of all tenants. */
  all: Sql;
  /** An auditor of acme. */
  one: Sql;
};

const readme = readFileSync(
  new URL('../../sql/functions/report/README.md', import.meta.url),
  'utf8',
);
export const questions = [...readme.matchAll(/^(\d+)\. (.+\?) `(select .+)`$/gm)].map(
  ([, number, question, query]) => ({ number: Number(number), question, query: query ?? '' }),
);

/** The story begins today: the moment when ada still had the role stands for the one in March. */
export const dated = (query: string, { withRole }: Story) =>
  query.replace('2026-03-01 12:00+00', withRole);

const pick = (rows: Rows, ...names: string[]) =>
  rows.map((row) => names.map((name) => row[name])).sort();

type Answers = Record<number, (rows: Rows, bound: boolean) => void | Promise<void>>;

/** The right answer to each question, by number: of all tenants, or of acme alone where `bound`. */
export const answersOf = ({ database, acme, all, one }: Asked): Answers => ({
  1: (rows) => {
    expect(rows).toMatchObject([{ username: 'ada', client_name: 'Portal' }]);
    expect(rows[0]?.scopes).toEqual(expect.arrayContaining(['openid', 'email', 'deploy']));
    expect(rows[0]?.last_used_at).toBeInstanceOf(Date);
  },
  2: (rows) => {
    const of = (scope: string) => rows.find((row) => row.scope === scope);
    expect(of('deploy')).toMatchObject({ effective: true, reason: null });
    expect(of('export')).toMatchObject({ effective: false, reason: 'role missing' });
    expect(of('openid')).toMatchObject({ effective: true, username: 'ada', client_id: 'portal' });
  },
  3: (rows) =>
    expect(rows).toMatchObject([{ scope: 'purge', held: false, reason: 'role missing' }]),
  4: (rows) =>
    expect(pick(rows, 'username', 'group_name', 'source')).toEqual([
      ['ada', 'crew', 'operator'],
      ['bob', 'crew', 'operator'],
    ]),
  5: (rows) =>
    expect(pick(rows, 'tenant', 'username', 'client_id', 'scopes', 'through')).toEqual([
      ['acme', 'ada', 'portal', ['export'], ['export: operator']],
    ]),
  6: (rows) =>
    expect(rows).toMatchObject([
      { username: 'ada', client_name: 'Portal', generation: 3, replays: 1 },
    ]),
  7: (rows) =>
    expect(pick(rows, 'reused', 'username', 'client_name', 'address')).toEqual([
      ['code', 'ada', 'Portal', '192.0.2.1'],
      ['refresh token', 'ada', 'Portal', '192.0.2.1'],
    ]),
  8: (rows) => expect(pick(rows, 'username')).toEqual([['ada'], ['ada'], ['ada'], ['bob']]),
  9: (rows) =>
    expect(rows).toEqual([
      { address: '198.51.100.7', count: '2' },
      { address: '198.51.100.8', count: '1' },
    ]),
  10: (rows) => {
    const withdrawn = rows.find((row) => row.action === 'role.withdraw');
    expect(withdrawn).toMatchObject({ username: 'ada', detail: { role: 'export' } });
    expect(rows.map(({ action }) => action)).not.toContain('code.redeem');
  },
  11: async (rows, bound) => {
    expect(pick(rows, 'tenant', 'intact')).toEqual(
      bound
        ? [['acme', true]]
        : [
            ['acme', true],
            ['other', true],
          ],
    );
  },
  12: (rows, bound) =>
    expect(pick(rows, 'tenant', 'kind', 'client_id', 'last_used_at')).toEqual(
      (bound ? ['acme'] : ['acme', 'other']).map((tenant) => [tenant, 'web', 'legacy', null]),
    ),
  13: (rows) => {
    expect(pick(rows, 'client_name', 'scope', 'reason', 'last_username')).toEqual([
      ['Portal', 'purge', 'role missing', 'ada'],
    ]);
    expect(Number(rows[0]?.refused)).toBeGreaterThan(2);
  },
  14: (rows, bound) =>
    expect(pick(rows, 'tenant', 'kind', 'name')).toEqual(
      (bound ? ['acme'] : ['acme', 'other']).flatMap((tenant) => [
        [tenant, 'API key', 'nightly export'],
        [tenant, 'initial access token', 'token'],
      ]),
    ),
  15: (rows, bound) => {
    const keys = pick(rows, 'tenant', 'kid', 'state');
    expect(keys).toContainEqual(['acme', 'key-of-acme', 'active']);
    expect(keys.some(([tenant]) => tenant === 'other')).toBe(!bound);
  },
  16: (rows, bound) =>
    expect(pick(rows, 'tenant', 'webhook', 'pending', 'dead')).toEqual(
      (bound ? ['acme'] : ['acme', 'other']).map((tenant) => [tenant, 'crm', '3', '0']),
    ),
  17: async (rows, bound) => {
    expect(rows).toEqual([]);
    await database.sql`
      update pgrant.grants set consent_expires_at = now() - interval '1 hour', expires_at = now() - interval '1 hour'
       where tenant_id = ${acme.tenant} and revoked_at is not null`;
    const left = await (bound ? one : all).unsafe(questions[16]?.query ?? '');
    expect(left).toMatchObject([{ table_name: 'grants', expired_rows: '1' }]);
    await database.sql`update pgrant.grants set expires_at = 'infinity'`;
  },
  18: async (rows, bound) => {
    const plans = await database.sql`select table_name from pgrant.partition_plans order by 1`;
    expect(pick(rows, 'table_name')).toEqual(bound ? [] : pick(plans, 'table_name'));
    for (const row of rows) expect(row).toMatchObject({ covered: true, partitions_overdue: '0' });
  },
  19: (rows, bound) => {
    const tables = rows.map(({ table_name }) => table_name);
    if (bound) expect(tables).toEqual([]);
    else
      expect(tables).toEqual(expect.arrayContaining(['token_families', 'audit_events', 'users']));
    for (const row of rows) expect(Number(row.bytes_in_90_days)).toBeGreaterThan(0);
  },
  20: (rows, bound) => {
    if (bound) return expect(rows).toEqual([]);
    const cleanup = rows.find(({ task }) => task === 'cleanup');
    expect(cleanup).toMatchObject({ late: false, error: null });
    expect(cleanup?.last_success_at).toBeInstanceOf(Date);
  },
  21: (rows) => {
    const due = pick(rows, 'kind', 'username', 'state');
    expect(due).toContainEqual(['grant', 'ada', 'never']);
    expect(due).toContainEqual(['secret', 'ada', 'never']);
    expect(due).not.toContainEqual(['grant', 'bob', 'never']);
  },
  22: (rows) => {
    const actions = rows.map(({ action }) => action);
    for (const action of ['consent.allow', 'refresh.reuse', 'role.withdraw', 'upstream.link']) {
      expect(actions).toContain(action);
    }
    const withdrawn = rows.find(({ action }) => action === 'role.withdraw');
    expect(withdrawn).toMatchObject({ actor_role: 'pgrant_worker', error: null });
  },
  23: (rows) =>
    expect(pick(rows, 'client_name', 'registered_by')).toEqual([['Desktop tool', 'itself']]),
  24: (rows) => expect(pick(rows, 'client_name')).toEqual([['Desktop tool']]),
  25: (rows) =>
    expect(pick(rows, 'client_name', 'maker', 'scopes')).toEqual([
      ['nightly export', 'ada', ['deploy']],
    ]),
  26: (rows) => {
    expect(pick(rows, 'username', 'groups')).toEqual([
      ['ada', ['crew']],
      ['bob', ['crew']],
    ]);
    expect(rows[0]).toMatchObject({ roles: ['deploy'], disabled_at: null });
  },
  27: (rows) =>
    expect(pick(rows, 'upstream', 'subject', 'username', 'lost_at')).toEqual([
      ['company', 'subject-of-acme', 'ada', null],
    ]),
  28: (rows, bound) => {
    expect(pick(rows, 'tenant')).toEqual(
      (bound ? ['acme'] : ['acme', 'other']).map((one) => [one]),
    );
    for (const row of rows) {
      expect(Number(row.total)).toBeGreaterThan(0);
      expect(row.checkpoint_at).toBeInstanceOf(Date);
    }
  },
  29: (rows) => expect(rows).toMatchObject([{ scope: 'deploy', holders: '2', grants: '1' }]),
  30: (rows) => expect(rows).toEqual([]),
});
