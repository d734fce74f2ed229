import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { sealSecrets } from '../../src/identity-providers/identity-providers.ts';
import { createLog } from '../../src/log.ts';
import { resealAll, resealTenant } from '../../src/operations/reseal.ts';
import { makeDueKeys } from '../../src/operations/signing-keys.ts';
import { openTenantKeys } from '../../src/operations/tenant-keys.ts';
import { openSigningKey, type SigningAlg } from '../../src/protocol/keys.ts';
import { type Master, seal, unseal } from '../../src/protocol/seal.ts';
import { openWebhookSecret, sealWebhookSecret } from '../../src/protocol/webhook.ts';
import { operator, run } from '../cli/cli.ts';
import { createDatabase } from '../support/database.ts';
import { makeTenant, operate, type World } from '../support/fixtures.ts';

const database = await createDatabase();
const { sql, worker } = database;
const log = createLog('silent');
const [old, current] = [Buffer.alloc(32, 7), randomBytes(32)];
const both: Master = { current, old, tenantKey: undefined };
const folder = mkdtempSync(join(tmpdir(), 'pgrant-tenant-keys-'));
let acme: World;

const key = randomBytes(20);

/** A tenant with two signing keys, an upstream, a webhook and an authenticator app, sealed under the secret. */
async function addTenant(name: string, secret: Master): Promise<World> {
  const world = await makeTenant(database, name);
  await makeDueKeys(worker, secret, log, world.tenant);
  await operate(world, ops.upstream_add, {
    name: 'company',
    kind: 'oidc',
    settings: { title: 'Company', issuer: 'https://login.example', client_id: 'pgrant' },
    sealed_secrets: sealSecrets(secret, world.tenant, 'company', { client_secret: 'x' }),
  });
  await sql`insert into pgrant.webhooks (tenant_id, name, url, sealed_secret)
            values (${world.tenant}, 'crm', 'https://crm.example/', ${sealWebhookSecret(secret, world.tenant, 'crm', 'whsec_x')})`;
  const user_id = (await operate(world, ops.user_add, { username: 'ada' })).user_add ?? '';
  const totp = seal(secret, 'pgrant totp secret', { tenant: world.tenant, name: user_id }, key);
  await sql`insert into pgrant.totp_authenticators (tenant_id, user_id, sealed_secret, last_step)
            values (${world.tenant}, ${user_id}, ${totp}, 0)`;
  return world;
}

/** Whether everything of the tenant opens under a secret. */
async function opens({ tenant }: World, secret: Master): Promise<boolean> {
  const keys =
    await sql`select kid, alg, sealed_private from pgrant.signing_keys where tenant_id = ${tenant}`;
  const [webhook] =
    await sql`select sealed_secret from pgrant.webhooks where tenant_id = ${tenant}`;
  const [app] =
    await sql`select user_id, sealed_secret from pgrant.totp_authenticators where tenant_id = ${tenant}`;
  try {
    for (const { kid, alg, sealed_private: sealed } of keys) {
      openSigningKey(secret, tenant, { kid, alg: alg as SigningAlg, sealed });
    }
    const place = { tenant, name: app?.user_id };
    return (
      openWebhookSecret(secret, tenant, 'crm', webhook?.sealed_secret) === 'whsec_x' &&
      unseal(secret, 'pgrant totp secret', place, app?.sealed_secret).equals(key)
    );
  } catch {
    return false;
  }
}

beforeAll(async () => {
  acme = await addTenant('acme', old);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('when PGRANT_SECRET changes', () => {
  test('what was sealed before opens with the old one beside it, and without it when it is sealed again', async () => {
    expect(await opens(acme, current)).toBe(false);
    expect(await opens(acme, both)).toBe(true);
    expect(await resealAll(worker, both)).toEqual({ resealed: 5, unopened: [] });
    expect(await opens(acme, current)).toBe(true);
    expect(await opens(acme, old)).toBe(false);
    expect(await resealAll(worker, both)).toEqual({ resealed: 0, unopened: [] });
  });

  test('it goes on where it was interrupted, and two at once do each thing once', async () => {
    const world = await addTenant('globex', old);
    const stopped = await resealTenant(worker, both, world.tenant, AbortSignal.abort());
    expect(stopped).toEqual({ resealed: 0, unopened: [] });
    const counts = await Promise.all([resealAll(worker, both), resealAll(worker, both)]);
    expect(counts[0].resealed + counts[1].resealed).toBe(5);
    expect(await opens(world, current)).toBe(true);
  });

  test('the command says what opens under neither, changes nothing of it, and exits with 1', async () => {
    const world = await addTenant('initech', randomBytes(32));
    const { environment } = operator(database);
    const settings = {
      ...environment,
      PGRANT_SECRET: current.toString('base64'),
      PGRANT_SECRET_OLD: old.toString('base64'),
    };
    const before =
      await sql`select kid, sealed_private from pgrant.signing_keys where tenant_id = ${world.tenant} order by 1`;
    const refused = await run(settings, ['key', 'reseal']);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('5 secrets open neither under PGRANT_SECRET nor');
    const after =
      await sql`select kid, sealed_private from pgrant.signing_keys where tenant_id = ${world.tenant} order by 1`;
    expect(after).toEqual(before);
    // The others are done, and the next run has nothing left of them.
    const again = await run(settings, ['key', 'reseal', '--tenant', 'acme']);
    expect([again.code, again.out]).toEqual([0, '0 secrets were sealed again\n']);
  });

  test('no sealed column that lasts is forgotten', async () => {
    const columns = await sql`
      select a.attname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
       where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
         and a.attname like 'sealed%' and a.atttypid = 'bytea'::regtype and a.attname <> 'sealed_request'`;
    const [list] = await sql`select prosrc from pg_proc where proname = 'sealed_list'`;
    const [replace] = await sql`select prosrc from pg_proc where proname = 'sealed_replace'`;
    expect(columns.length).toBeGreaterThan(4);
    for (const { name } of columns) {
      expect(list?.prosrc).toContain(`.${name}`);
      expect(replace?.prosrc).toContain(`set ${name} = `);
    }
  });
});

describe('with a key per tenant outside the database', () => {
  const master = (): Master => ({ current, old: undefined, tenantKey: openTenantKeys(folder).key });

  test('what is sealed already is sealed under it, and opens for nobody who has PGRANT_SECRET alone', async () => {
    expect(await opens(acme, master())).toBe(true);
    const { resealed } = await resealTenant(worker, master(), acme.tenant);
    expect(resealed).toBe(5);
    expect(await opens(acme, master())).toBe(true);
    expect(await opens(acme, current)).toBe(false);
    expect(readdirSync(folder)).toEqual([acme.tenant]);
  });

  test('a removed tenant is shredded: nothing of it in a backup opens, and all of the others does', async () => {
    const other = await addTenant('umbrella', master());
    const backup =
      await sql`select kid, alg, sealed_private from pgrant.signing_keys where tenant_id = ${acme.tenant}`;
    const { environment } = operator(database);
    const settings = {
      ...environment,
      PGRANT_SECRET: current.toString('base64'),
      PGRANT_TENANT_KEYS: folder,
    };
    expect((await run(settings, ['tenant', 'remove', 'acme', '--yes'])).code).toBe(0);
    expect(readdirSync(folder)).toEqual([other.tenant]);
    for (const { kid, alg, sealed_private: sealed } of backup) {
      const open = () =>
        openSigningKey(master(), acme.tenant, { kid, alg: alg as SigningAlg, sealed });
      expect(open).toThrow('does not open');
    }
    expect(await opens(other, master())).toBe(true);
  });
});
