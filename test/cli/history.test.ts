import { beforeAll, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { makeClient, makeUser, makeWorld, operate, type World } from '../support/fixtures.ts';
import { obtainTokens } from '../support/flows.ts';
import { operator } from './cli.ts';

const world: World = await makeWorld();
const { pgrant, document } = operator(world.database);
let then = '';

beforeAll(async () => {
  await operate(world, ops.role_add, { role: 'export', title: 'Export' });
  const app = await makeClient(world, 'app', { name: 'App' });
  const ada = await makeUser(world, 'ada');
  await operate(world, ops.role_assign, { username: 'ada', role: 'export' });
  await obtainTokens(world, app, ada, { scopes: ['openid', 'export'] });
  const [row] = await world.database.sql`select clock_timestamp() as at`;
  await new Promise((resolve) => setTimeout(resolve, 5));
  then = row?.at.toISOString().replace(/Z$/, '999Z');
  await operate(world, ops.client_set, {
    client_id: 'app',
    settings: { name: 'Renamed' } as never,
  });
  await operate(world, ops.role_withdraw, { username: 'ada', role: 'export' });
});

test('who could reach a scope is told for now and for a moment of the past', async () => {
  expect((await pgrant(['who', 'export', '--tenant', 'acme'])).out).toBe('nobody\n');
  const [row, ...more] = await document(`who export --tenant acme --at ${then}`);
  expect(more).toEqual([]);
  expect(row).toMatchObject({
    username: 'ada',
    client_id: 'app',
    client_name: 'App',
    scopes: ['export'],
    through: ['export: operator'],
    since: expect.stringMatching(/^[\d-]+T[\d:]+Z$/),
    until: expect.stringMatching(/^[\d-]+T[\d:]+Z$/),
  });
  const shown = await pgrant(['who', 'export', '--tenant', 'acme', '--at', then, '--limit', '1']);
  expect(shown.out).toContain('export: operator');
  // As many as there are: no other comes behind it.
  expect(shown.out).not.toContain('more:');
  const other = await makeClient(world, 'other');
  await obtainTokens(world, other, await makeUser(world, 'bob'), { scopes: ['openid'] });
  const first = await pgrant(['who', 'openid', '--tenant', 'acme', '--limit', '1']);
  const [, goOn = ''] = /\nmore: (--after \S+)\n$/.exec(first.out) ?? [];
  const rest = await document(`who openid --tenant acme --limit 1 ${goOn}`);
  expect(rest).toHaveLength(1);
  expect(first.out).not.toContain(rest[0].grant_id);
});

test('grants are listed as they were, with the names of then', async () => {
  const [row] = await document(`grant list --tenant acme --as-of ${then}`);
  expect(row).toMatchObject({
    username: 'ada',
    client_name: 'App',
    scopes: expect.arrayContaining(['export', 'openid']),
    effective: ['export', 'openid'],
    cause: 'consent.allow',
  });
  const [now] = await document('grant list --tenant acme --username ada');
  expect(now).toMatchObject({ username: 'ada', refresh_tokens: 1 });
});

test('a moment without a zone, a scope that never was and a time of which nothing is known are refused', async () => {
  const refusals = [
    [['grant', 'list', '--tenant', 'acme', '--as-of', '2026-01-01'], 2, 'It must be such as'],
    [
      ['who', 'nonsense', '--tenant', 'acme'],
      1,
      'there has been no scope and no resource nonsense',
    ],
    [
      ['who', 'export', '--tenant', 'acme', '--at', '2020-01-01T00:00:00Z'],
      1,
      'ask about a moment from',
    ],
  ] as const;
  for (const [words, code, text] of refusals) {
    const refused = await pgrant(words);
    expect([refused.code, refused.err]).toEqual([code, expect.stringContaining(text)]);
  }
});

test('a person or client that never was is no empty answer', async () => {
  const lists = ['who openid', 'grant list', `grant list --as-of ${then}`, 'credential list'];
  for (const list of lists) {
    const refused = await pgrant([...list.split(' '), '--tenant', 'acme', '--username', 'adaa']);
    expect([refused.code, refused.err], list).toEqual([
      1,
      'pgrant: there has been no user adaa\n  of people who were removed no name is kept\n',
    ]);
    const known = await pgrant([...list.split(' '), '--tenant', 'acme', '--username', 'Ada']);
    expect(known.code, list).toBe(0);
  }
  for (const list of lists.slice(0, -1)) {
    const refused = await pgrant([...list.split(' '), '--tenant', 'acme', '--client-id', 'apq']);
    expect([refused.code, refused.err], list).toEqual([
      1,
      'pgrant: there has been no client apq\n  a client_id is written as it was registered\n',
    ]);
    const known = await pgrant([...list.split(' '), '--tenant', 'acme', '--client-id', 'app']);
    expect(known.code, list).toBe(0);
  }
});
