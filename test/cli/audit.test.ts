import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import { afterAll, expect, test } from 'vitest';
import { decide, seal } from '../support/audit.ts';
import { createDatabase } from '../support/database.ts';
import type { World } from '../support/fixtures.ts';
import { operator } from './cli.ts';

const database = await createDatabase();
const { sql } = database;
const { pgrant, document } = operator(database);
const folder = mkdtempSync(join(tmpdir(), 'pgrant-audit-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function addTenant(name: string): Promise<World> {
  const { tenant_id } = await document(`tenant add ${name} --issuer https://id.example/${name}`);
  const world = { database, tenant: tenant_id };
  for (let round = 0; round < 2; round++) {
    await decide(world, 2);
    await seal(database);
  }
  return world;
}

const acme = await addTenant('acme');

/** A checkpoint of a tenant, kept in a file. */
async function keep(name: string): Promise<string> {
  const { code, out } = await pgrant(['audit', 'checkpoint', '--tenant', name]);
  expect(code).toBe(0);
  const file = join(folder, `${name}.jwt`);
  writeFileSync(file, out);
  return file;
}

test('an audit that nobody touched is intact: exit code 0', async () => {
  const { code, out } = await pgrant(['audit', 'verify', '--tenant', 'acme']);
  expect(code).toBe(0);
  expect(out).toMatch(/^the audit is intact\nseals +2\nevents +7\npresent +7\nunsealed +0\n/);
  expect(await document('audit verify --tenant acme')).toMatchObject({
    intact: true,
    fault: null,
    seals: 2,
    events: 7,
    outside: null,
  });
});

test('a checkpoint is a JWT under a key that the tenant publishes, with that key inside [RFC 7515 4.1.3]', async () => {
  const { checkpoint } = await document('audit checkpoint --tenant acme');
  const { kid, jwk, typ } = decodeProtectedHeader(checkpoint);
  expect(typ).toBe('audit-checkpoint+jwt');
  const [published] =
    await sql`select public_jwk from pgrant.signing_keys where kid = ${kid ?? ''}`;
  expect(jwk).toEqual(published?.public_jwk);
  const key = await importJWK(published?.public_jwk, 'ES256');
  const { payload } = await jwtVerify(checkpoint, key, { issuer: 'https://id.example/acme' });
  const [last] = await sql`
    select number::int, encode(seal, 'hex') as seal, total::int from pgrant.audit_chains where tenant_id = ${acme.tenant}`;
  expect(payload).toMatchObject({ ...last, tenant_id: acme.tenant });
  // The same seal has one checkpoint.
  expect((await document('audit checkpoint --tenant acme')).checkpoint).toBe(checkpoint);
});

test('what is broken is named with its first event: exit code 1', async () => {
  const world = await addTenant('edited');
  const [event] = await sql`
    update pgrant.audit_events set reason = 'nothing' where event_id =
      (select event_ids[2] from pgrant.audit_seals where tenant_id = ${world.tenant} and number = 2) returning event_id`;
  const { code, out, err } = await pgrant(['audit', 'verify', '--tenant', 'edited']);
  expect({ code, err }).toEqual({ code: 1, err: '' });
  expect(out).toContain('THE AUDIT IS BROKEN: an event is not as it was sealed\n');
  expect(out).toMatch(new RegExp(`^event_id +${event?.event_id}$`, 'm'));
  const json = await pgrant(['audit', 'verify', '--tenant', 'edited', '--json']);
  expect(json.code).toBe(1);
  expect(JSON.parse(json.out)).toMatchObject({
    intact: false,
    fault: 'edited',
    seal: 2,
    event_id: event?.event_id,
  });
});

test('a chain that a superuser computed anew is found by a checkpoint that was kept in a file', async () => {
  const { tenant } = await addTenant('rewritten');
  const file = await keep('rewritten');
  const verify = ['audit', 'verify', '--tenant', 'rewritten', '--checkpoint', file];
  expect((await pgrant(verify)).out).toMatch(
    /^the checkpoint at seal \d+ \(key \S+\) is in the chain$/m,
  );
  await sql`delete from pgrant.audit_checkpoints where tenant_id = ${tenant}`;
  await sql`delete from pgrant.audit_seals where tenant_id = ${tenant}`;
  await sql`delete from pgrant.audit_chains where tenant_id = ${tenant}`;
  await sql`update pgrant.audit_events set reason = 'nothing' where tenant_id = ${tenant}`;
  await sql`update pgrant.audit_sealing set cluster = null`;
  await seal(database);
  expect((await pgrant(verify.slice(0, 4))).code).toBe(0);
  const { code, out } = await pgrant(verify);
  expect(code).toBe(1);
  expect(out).toMatch(/^fault +(rewritten|truncated)$/m);
});

test('a checkpoint in the database that does not say what it was signed for is found', async () => {
  const { tenant } = await addTenant('resigned');
  await keep('resigned');
  await sql`update pgrant.audit_checkpoints set jwt = ${(await document('audit checkpoint --tenant acme')).checkpoint}
             where tenant_id = ${tenant}`;
  const { code, out } = await pgrant(['audit', 'verify', '--tenant', 'resigned']);
  expect(code).toBe(1);
  expect(out).toContain('a checkpoint in the database is not as it was signed');
});

test('a checkpoint that is of another tenant, altered or not there is refused: exit code 2', async () => {
  const file = await keep('acme');
  const jwt = (await document('audit checkpoint --tenant acme')).checkpoint as string;
  const [header, , signature] = jwt.split('.');
  const claims = { ...decodeJwt(jwt), number: 1 };
  const altered = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature];
  await addTenant('third');
  for (const [name, source, message] of [
    ['third', file, 'the checkpoint is of https://id.example/acme, another tenant'],
    ['acme', altered.join('.'), 'the checkpoint is not one, or was altered'],
    ['acme', join(folder, 'none'), 'cannot be read (ENOENT)'],
  ] as const) {
    const { code, err } = await pgrant([
      'audit',
      'verify',
      '--tenant',
      name,
      '--checkpoint',
      source,
    ]);
    expect(code).toBe(2);
    expect(err).toContain(message);
  }
});

test('where there is no such seal yet, nothing is said to be intact', async () => {
  const verify = (first: number) =>
    pgrant(`audit verify --tenant acme --first ${first}`.split(' '));
  expect((await verify(2)).code).toBe(0);
  const { code, out, err } = await verify(99);
  expect({ code, out, err }).toEqual({
    code: 1,
    out: '',
    err: expect.stringContaining('there is no seal 99\n'),
  });
});

test('each fault has words, that of counted refusals too', async () => {
  const { tenant } = await addTenant('counted');
  await sql`
    insert into pgrant.audit_events (tenant_id, action, detail)
    values (${tenant}, 'refusals.count', jsonb_build_object('minute', date_trunc('minute', now()), 'digest', ''))`;
  await seal(database);
  const { code, out } = await pgrant(['audit', 'verify', '--tenant', 'counted']);
  expect(code).toBe(1);
  expect(out).toContain('counted refusals are not as the event over them says\n');
});

test('a tenant of which nothing is sealed has no checkpoint, and its audit is intact', async () => {
  const open = await sql.reserve();
  await open`begin`;
  await open`select pg_current_xact_id()`;
  await document('tenant add fresh --issuer https://id.example/fresh');
  const { code, out } = await pgrant(['audit', 'checkpoint', '--tenant', 'fresh']);
  expect({ code, out }).toEqual({
    code: 1,
    out: 'nothing of fresh is sealed yet, or it has no key: try again in a minute\n',
  });
  expect(await document('audit verify --tenant fresh')).toMatchObject({
    intact: true,
    seals: 0,
    unsealed: 3,
  });
  await open`commit`;
  open.release();
});
