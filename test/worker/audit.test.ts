import { expect, test } from 'vitest';
import { readCheckpoint } from '../../src/protocol/audit-checkpoint.ts';
import { decide, head, seal, verify } from '../support/audit.ts';
import { createDatabase } from '../support/database.ts';
import { makeTenant } from '../support/fixtures.ts';
import { runNow, start, until } from './worker.ts';

const database = await createDatabase();
const { sql } = database;
const world = await makeTenant(database, 'acme');
await start(database);

const checkpoints = () => sql`
  select number, seal, jwt from pgrant.audit_checkpoints where tenant_id = ${world.tenant} order by number`;

test('the worker seals what was recorded', async () => {
  await until(async () => {
    await runNow(database, 'audit_seal');
    return (await sql`select from pgrant.audit_chains`).length === 1;
  });
  expect(await verify(world)).toMatchObject({ intact: true });
});

test('it signs one checkpoint a day, where the chain has grown', async () => {
  await until(async () => (await sql`select from pgrant.signing_keys`).length === 2);
  await seal(database);
  await runNow(database, 'audit_checkpoint');
  const [first] = await checkpoints();
  const last = await head(world);
  expect(first).toMatchObject({ number: last.number, seal: last.seal });
  const { checkpoint } = await readCheckpoint(first?.jwt);
  expect(checkpoint).toMatchObject({
    number: Number(last.number),
    seal: last.seal.toString('hex'),
  });

  await decide(world, 1);
  await seal(database);
  await runNow(database, 'audit_checkpoint');
  expect(await checkpoints()).toHaveLength(1);
  await sql`update pgrant.audit_checkpoints set made_at = made_at - interval '25 hours'`;
  await runNow(database, 'audit_checkpoint');
  await runNow(database, 'audit_checkpoint');
  expect(await checkpoints()).toHaveLength(2);
  await sql`update pgrant.audit_checkpoints set made_at = made_at - interval '25 hours'`;
  await runNow(database, 'audit_checkpoint');
  expect(await checkpoints()).toHaveLength(2);
  const [run] = await sql`
    select counts from pgrant.task_runs where task = 'audit_checkpoint' order by started_at desc limit 1`;
  expect(run?.counts).toEqual({ made: 0, failed: 0 });
});

test('checkpoints that are older than the seals they name are deleted', async () => {
  await sql`update pgrant.audit_checkpoints set expires_at = now() - interval '1 minute' where number =
    (select min(number) from pgrant.audit_checkpoints)`;
  await runNow(database, 'cleanup');
  expect(await checkpoints()).toHaveLength(1);
});
