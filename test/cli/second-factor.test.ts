import { randomBytes } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { operator } from './cli.ts';

const database = await createDatabase();
const { sql } = database;
const { pgrant, document } = operator(database);
const ada = ['--tenant', 'acme', '--username', 'ada'];

beforeAll(async () => {
  await document('tenant add acme --issuer http://localhost:3000/acme');
  await pgrant(['user', 'add', ...ada]);
  await sql`insert into pgrant.totp_authenticators (tenant_id, user_id, sealed_secret, last_step, failures)
            select tenant_id, user_id, ${randomBytes(60)}, 0, 100 from pgrant.users`;
  await sql`insert into pgrant.recovery_codes (tenant_id, user_id, code_hash)
            select tenant_id, user_id, ${randomBytes(32)} from pgrant.users`;
  await sql`insert into pgrant.passkeys (tenant_id, credential_id, user_id, name, public_key, sign_count, transports,
                                         backup_eligible, backed_up)
            select tenant_id, ${randomBytes(32)}, user_id, 'Laptop', ${randomBytes(77)}, 0, '{}', true, true from pgrant.users`;
});

test('second-factor list says what a person has, and what is to know of it', async () => {
  const listed = await document('second-factor list --tenant acme --username ada');
  expect(listed).toMatchObject([
    { kind: 'totp', note: 'takes no code before a recovery code was used' },
    { kind: 'passkey', name: 'Laptop', note: 'backed up' },
    { kind: 'recovery codes', note: '1 left' },
  ]);
});

test('second-factor remove wants the name typed, removes all of them, and is in the audit with its reason', async () => {
  expect((await pgrant(['second-factor', 'remove', ...ada], 'adam\n')).code).not.toBe(0);
  const removed = await pgrant([
    ...['second-factor', 'remove', ...ada],
    ...['--yes', '--reason', 'ticket 4711'],
  ]);
  expect(removed).toMatchObject({ code: 0, out: 'the second factors of ada are removed\n' });
  expect(await document('second-factor list --tenant acme --username ada')).toEqual([]);
  const [event] =
    await sql`select actor from pgrant.audit_events where action = 'second_factor.remove'`;
  expect(event?.actor).toMatchObject({ reason: 'ticket 4711' });
});
