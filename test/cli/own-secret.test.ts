// Under which secret a command works.
import { expect, test } from 'vitest';
import { seal, unseal } from '../../src/protocol/seal.ts';
import { createDatabase } from '../support/database.ts';
import { operator, run, secret } from './cli.ts';

const database = await createDatabase();
const { environment, pgrant, document } = operator(database);

test('nothing is sealed under a secret that is not the one of the database', async () => {
  await document('tenant add acme --issuer https://id.example/acme');
  const other = {
    DATABASE_WORKER_URL: database.url('pgrant_worker'),
    PGRANT_SECRET: Buffer.alloc(32, 8).toString('base64'),
  };
  for (const command of [
    'tenant add bravo --issuer https://id.example/bravo',
    'audit checkpoint --tenant acme',
  ]) {
    const refused = await run(other, command.split(' '));
    expect([command, refused.code, refused.err]).toEqual([
      command,
      1,
      expect.stringMatching(/^pgrant: PGRANT_SECRET is not what the signing keys .*\n$/),
    ]);
  }
  expect((await pgrant(['tenant', 'list'])).out).not.toContain('bravo');
});

test('a secret that is wrong for some tenants is found, with how many, one of them, and what to do', async () => {
  await document('tenant add bravo --issuer https://id.example/bravo');
  await document('tenant add charlie --issuer https://id.example/charlie');
  const ids = await database.sql`
    select i.name, i.tenant_id from pgrant.issuers i where i.name in ('acme', 'bravo', 'charlie') order by i.tenant_id`;
  // Not the first, which /readyz looks at; as after a restore of one tenant that another secret was of.
  const last = ids.at(-1);
  const old = Buffer.alloc(32, 9);
  const keys = await database.sql`
    select kid, sealed_private from pgrant.signing_keys where tenant_id = ${last?.tenant_id}`;
  for (const { kid, sealed_private } of keys) {
    const place = { tenant: last?.tenant_id, name: kid };
    const plain = unseal(secret, 'pgrant signing key', place, sealed_private);
    const other = seal(old, 'pgrant signing key', place, plain);
    await database.sql`update pgrant.signing_keys set sealed_private = ${other} where kid = ${kid}`;
  }
  const checkpoint = ['audit', 'checkpoint', '--tenant', ids[0]?.name];
  const warned = await pgrant(checkpoint);
  expect([warned.code, warned.err]).toEqual([
    0,
    `pgrant: PGRANT_SECRET is not what the signing keys of 1 of 3 tenants (${last?.name} is one) are sealed under: ` +
      'set the one that they were made with as PGRANT_SECRET_OLD and run pgrant key reseal, and set PGRANT_TENANT_KEYS ' +
      'where tenants have keys of their own\n',
  ]);
  const PGRANT_SECRET_OLD = old.toString('base64');
  const resealed = await run({ ...environment, PGRANT_SECRET_OLD }, ['key', 'reseal']);
  expect(resealed).toMatchObject({ code: 0 });
  expect(await pgrant(checkpoint)).toMatchObject({ code: 0, err: '' });
});
