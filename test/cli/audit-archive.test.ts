import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeCheckpoint } from '../../src/operations/audit-chain.ts';
import { addOldEvents, oldMonth, seal } from '../support/audit.ts';
import { createDatabase } from '../support/database.ts';
import { operator, run, secret } from './cli.ts';

const database = await createDatabase();
const { sql } = database;
const { pgrant, document } = operator(database);
const folder = mkdtempSync(join(tmpdir(), 'pgrant-archive-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function addTenant(name: string, events: number): Promise<string> {
  const { tenant_id } = await document(`tenant add ${name} --issuer https://id.example/${name}`);
  await addOldEvents(database, tenant_id, events);
  return tenant_id;
}

const acme = await addTenant('acme', 1100);
await addTenant('other', 3);
await seal(database);
const written = await document(`audit archive --to ${folder}`);
const file = join(folder, 'acme', `${oldMonth}.jsonl`);
const lines = readFileSync(file, 'utf8').trimEnd().split('\n');

/** What verify-archive says of other lines, without a database. */
async function verify(changed: string[], ...more: string[]) {
  const path = join(folder, 'changed.jsonl');
  writeFileSync(path, `${changed.join('\n')}\n`);
  const { code, out } = await run({}, ['audit', 'verify-archive', path, ...more, '--json']);
  const [verdict] = JSON.parse(out);
  return { code, ...verdict };
}

test('a month past its retention is written once, to a file for each tenant, with its SHA-256', async () => {
  expect(written).toMatchObject([
    { tenant: 'acme', month: oldMonth, events: 1100, file },
    { tenant: 'other', month: oldMonth, events: 3 },
  ]);
  expect(written[0].sha256).toBe(createHash('sha256').update(readFileSync(file)).digest('hex'));
  const { out } = await pgrant(['audit', 'archive', '--to', folder]);
  expect(out).toBe('no month is due\n');
  const [event] = await sql`
    select detail from pgrant.audit_events where tenant_id = ${acme} and action = 'audit.archive'`;
  expect(event?.detail).toMatchObject({ events: 1100, sha256: written[0].sha256 });
});

test('its lines are the events as they were sealed, for any program that reads JSON', () => {
  const events = lines.map((line) => JSON.parse(line)).filter(({ action }) => action);
  expect(events).toHaveLength(1100);
  expect(events[0]).toMatchObject({ tenant_id: acme, action: 'user.add', detail: { n: 1 } });
  expect(events[0].at).toMatch(new RegExp(`^${oldMonth}-\\d\\dT.*Z$`));
});

test('it verifies without a database, and against a checkpoint of one of its seals', async () => {
  const { code, out } = await run({}, ['audit', 'verify-archive', file]);
  expect(code).toBe(0);
  expect(out).toMatch(/ yes +https:\/\/id\.example\/acme +\d{4}-\d\d +1100 +1 +2 +-\n$/);
  const { checkpoint } = JSON.parse(lines.at(-1) ?? '');
  expect(await verify(lines, '--checkpoint', checkpoint)).toMatchObject({ code: 0, intact: true });
});

describe('an archive in which', () => {
  const at = (type: string, skip = 0) =>
    lines
      .map((line, index) => ({ type: JSON.parse(line).type, index }))
      .filter((line) => line.type.includes(type))[skip]?.index ?? -1;

  test.each([
    [
      'an event is edited',
      () => lines.with(700, (lines[700] ?? '').replace('user.add', 'user.end')),
      /^line 1003: the events of seal 1 /,
    ],
    [
      'an event is missing',
      () => lines.toSpliced(700, 1),
      /^line 1002: events of seal 1 are missing/,
    ],
    [
      'two events are swapped',
      () => lines.with(700, lines[701] ?? '').with(701, lines[700] ?? ''),
      /the events of seal 1 /,
    ],
    [
      'an event is added',
      () => lines.toSpliced(1002, 0, lines[1001] ?? ''),
      /^line 1003: an event that no seal covers/,
    ],
    [
      'a seal is edited',
      () => lines.with(1, (lines[1] ?? '').replace(/"total": \d+/, '"total": 999')),
      /seal 2 does not follow seal 1/,
    ],
    ['the end is missing', () => lines.slice(0, -1), /the archive ends before its end/],
    [
      'the last seal is missing',
      () => lines.toSpliced(at('seal', 1), lines.length - 1 - at('seal', 1)),
      /the checkpoint does not name the last seal/,
    ],
    [
      'the month is another',
      () => lines.with(0, (lines[0] ?? '').replace(oldMonth, '2001-01')),
      /an event that no seal covers/,
    ],
    [
      'the issuer is another',
      () => lines.with(0, (lines[0] ?? '').replace('/acme', '/evil')),
      /the checkpoint does not name/,
    ],
    ['a line is no JSON', () => lines.with(5, '{'), /^line 6: not a line of an archive/],
  ])('%s does not verify, and says where', async (_what, change, fault) => {
    const verdict = await verify(change());
    expect(verdict).toMatchObject({ code: 1, intact: false });
    expect(verdict.fault).toMatch(fault);
  });
});

test('an archive that begins later follows from itself, and has no seal for the checkpoint of what is missing', async () => {
  const later = lines.toSpliced(1, 1001);
  expect(await verify(later)).toMatchObject({ code: 0, first: 2 });
  const checkpoint = (await makeCheckpoint(database.worker, secret, acme, 1)) ?? '';
  expect(await verify(lines, '--checkpoint', checkpoint)).toMatchObject({ code: 0 });
  expect(await verify(later, '--checkpoint', checkpoint)).toMatchObject({
    code: 1,
    fault: 'the checkpoint is of no seal in it',
  });
});

test('events that are not as they were sealed are not archived: exit code 1, and nothing is recorded', async () => {
  const tenant = await addTenant('edited', 2);
  await seal(database);
  await sql`update pgrant.audit_events set reason = 'x' where tenant_id = ${tenant} and detail = '{"n": 1}'`;
  const { code, err } = await pgrant(['audit', 'archive', '--tenant', 'edited', '--to', folder]);
  expect(code).toBe(1);
  expect(err).toMatch(
    /^pgrant: edited, \d{4}-\d\d: line \d+: the events of seal 1 are not as they were sealed\n$/,
  );
  expect(await sql`select from pgrant.audit_archives where tenant_id = ${tenant}`).toHaveLength(0);
  await sql`insert into pgrant.audit_events (tenant_id, at, action) values (${tenant}, ${`${oldMonth}-02`}, 'user.add')`;
  const more = await pgrant(['audit', 'archive', '--tenant', 'edited', '--to', folder]);
  expect(more.err).toContain('3 events are there and 2 were sealed: see pgrant audit verify\n');
});

test('--before takes months that are over, and never the one that is not', async () => {
  await addTenant('early', 1);
  await seal(database);
  const rows = await document(`audit archive --tenant early --before 2999-01-01 --to ${folder}`);
  expect(rows).toMatchObject([{ tenant: 'early', month: oldMonth, events: 1 }]);
  const wrong = await pgrant(['audit', 'archive', '--before', 'soon', '--to', folder]);
  expect(wrong.code).toBe(2);
});

test('a forged event without a month is named, and keeps neither other months nor other tenants from it: exit code 1', async () => {
  const forged = await addTenant('forged', 2);
  await addTenant('sound', 2);
  await seal(database);
  await sql`insert into pgrant.audit_events (tenant_id, at, action) values (${forged}, '-infinity', 'user.add')`;
  await sql`delete from pgrant.audit_events where tenant_id in (select tenant_id from pgrant.issuers where name = 'edited')`;
  const { code, out, err } = await pgrant(['audit', 'archive', '--to', folder, '--json']);
  expect([code, JSON.parse(err)]).toEqual([
    1,
    {
      error:
        'forged: events (1) have the time -infinity, which pgrant did not write: see pgrant audit verify',
    },
  ]);
  const rows: { tenant: string; month: string }[] = JSON.parse(out);
  expect(rows.map(({ tenant, month }) => [tenant, month])).toEqual([
    ['forged', oldMonth],
    ['sound', oldMonth],
  ]);
});

test('a gap between files is named: exit code 1', async () => {
  const { tenant_id } = await document('tenant add gap --issuer https://id.example/gap');
  const files: string[] = [];
  for (const n of [1, 2, 3]) {
    await document(`user add --tenant gap --username user${n}`);
    await seal(database);
    const [copied] = await document(`audit copy --tenant gap --to ${folder}`);
    files.push(copied.file);
  }
  const of = (...some: (string | undefined)[]) =>
    run({}, ['audit', 'verify-archive', ...some.map(String), '--json']);
  expect(await of(...files)).toMatchObject({ code: 0 });
  const { code, out } = await of(files[2], files[0]);
  const missing = JSON.parse((await of(files[1])).out)[0];
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject([
    {
      tenant_id,
      intact: true,
      fault: `before it a gap: seals ${missing.first} to ${missing.last} are in none of the files`,
    },
    { intact: true, fault: null },
  ]);
});
