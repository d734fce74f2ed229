// Under which secret a command works.
import { expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { operator, run } from './cli.ts';

const database = await createDatabase();
const { pgrant, document } = operator(database);

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
