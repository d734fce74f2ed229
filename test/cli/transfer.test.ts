import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as client from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Acme,
  discover,
  insecure,
  obtainTokens,
  password,
  startAcme,
} from '../support/acme.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { startServer } from '../support/issuer.ts';
import { operator, start } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'pgrant-transfer-'));
const file = join(folder, 'acme.jsonl');
let acme: Acme;
let here: TestDatabase;
let issuer: string;
let tokens: Awaited<ReturnType<typeof obtainTokens>>;
let from: ReturnType<typeof operator>;
let to: ReturnType<typeof operator>;

beforeAll(async () => {
  acme = await startAcme();
  from = operator(acme.database);
  here = await createDatabase({ pool: 4 });
  to = operator(here);
  issuer = `${(await startServer(here)).origin}/acme`;
  tokens = await obtainTokens(await discover(acme, acme.web));
  await from.document('role add export --tenant acme --title Export');
  await from.document('role assign export ada --tenant acme');
  await from.document(`client set web --tenant acme introspection_audience=${acme.issuer}`);
});
afterAll(() => rmSync(folder, { recursive: true }));

const tenants = async () =>
  (await here.sql`select name, disabled_at from pgrant.issuers`).map((row) => row.name);

describe('a tenant', () => {
  test('is exported as lines of JSON in which no secret is', async () => {
    const { rows } = await from.document(`tenant export acme --to ${file}`);
    const text = readFileSync(file, 'utf8');
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ pgrant_export: 1, name: 'acme', issuer: acme.issuer });
    expect(lines.at(-1)).toMatchObject({
      end: true,
      rows: { tenants: 1, clients: 2, users: 1, token_families: 1 },
    });
    expect(lines).toHaveLength(rows + 2);
    const secrets = [
      acme.web.client_secret,
      password,
      tokens.refresh_token,
      tokens.access_token,
      'sealed_',
    ];
    for (const secret of secrets) expect(text).not.toContain(secret);
  });

  test('is never written over a file that is there', async () => {
    const refused = await from.pgrant(['tenant', 'export', 'acme', '--to', file]);
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.err).toContain('is there already');
    const nowhere = join(folder, 'nowhere', 'acme.jsonl');
    const lost = await from.pgrant(['tenant', 'export', 'acme', '--to', nowhere]);
    expect(lost).toMatchObject({ code: 2, out: '' });
    expect(lost.err).toContain(`the export ${nowhere} cannot be written (ENOENT)`);
  });

  test('is not there by half where a signal ends its import', async () => {
    const slow = join(folder, 'slow.jsonl');
    execFileSync('mkfifo', [slow]);
    const child = start(to.environment, ['tenant', 'import', slow, '--issuer', issuer]);
    const pipe = createWriteStream(slow);
    const lines = readFileSync(file, 'utf8').split(/(?<=\n)/);
    pipe.write(lines.slice(0, 3).join(''));
    await expect.poll(tenants, { timeout: 20_000 }).toEqual(['acme']);
    child.kill('SIGINT');
    // It sees the signal with the next line, if it did not have that already.
    await sleep(300);
    pipe.end(lines.slice(3).join(''));
    const [code, signal] = await once(child, 'close');
    expect([code, signal]).toEqual([null, 'SIGINT']);
    expect(await tenants()).toEqual([]);
  });

  test('lives on in another installation: the same client, person, consent, role and refresh token', async () => {
    const imported = await to.document(`tenant import ${file} --issuer ${issuer}`);
    expect(imported).toMatchObject({ tenant_id: acme.tenant, issuer, enabled: true });
    const { client_id, client_secret } = acme.web;
    const config = await client.discovery(
      new URL(issuer),
      client_id,
      client_secret,
      undefined,
      insecure,
    );
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(refreshed.claims()?.sub).toBe(tokens.claims?.sub);
    const shown = await to.document('client show web --tenant acme');
    expect(shown.introspection_audience).toEqual([acme.issuer]);
    const again = await obtainTokens(config);
    expect(again.claims).toMatchObject({ iss: issuer, sub: tokens.claims?.sub });
    const explained = await to.document(
      `explain export --tenant acme --username ada --client-id ${client_id}`,
    );
    expect(JSON.stringify(explained)).not.toContain('role missing');
    const moment = JSON.parse(readFileSync(file, 'utf8').split('\n')[0] ?? '').exported_at;
    const asked = `select username, client_id, scopes, since from pgrant_report.grants_as_of('${moment}')`;
    const before = await acme.database.sql.unsafe(asked);
    expect(before).toHaveLength(1);
    expect([...(await here.sql.unsafe(asked))]).toEqual([...before]);
  });

  test('is not imported twice, and not under the issuer of another', async () => {
    const again = await to.pgrant(['tenant', 'import', file]);
    expect([again.code, again.err]).toEqual([
      1,
      expect.stringContaining('the tenant acme is here already'),
    ]);
    expect(await tenants()).toEqual(['acme']);
  });

  test.each([
    ['cut off in the middle', (text: string) => text.slice(0, text.length / 2), 2],
    [
      'without one of its rows',
      (text: string) => text.replace(/\{"row": [^\n]*"table": "user_roles"\}\n/, ''),
      1,
    ],
    [
      'with a row of another tenant',
      (text: string) =>
        text
          .replace(/("table": "scopes"[^\n]*)/, '$1')
          .replaceAll(acme.tenant, (id: string) => id)
          .replace(
            new RegExp(
              `(\\{"row": \\{[^\\n]*)"tenant_id": "${acme.tenant}"([^\\n]*"table": "user_roles"\\})`,
            ),
            '$1"tenant_id": "00000000-0000-4000-8000-000000000000"$2',
          ),
      1,
    ],
    [
      'of a version that is not known',
      (text: string) => text.replace('"pgrant_export": 1', '"pgrant_export": 2'),
      1,
    ],
  ])('%s leaves nothing behind', async (_what, damage, code) => {
    const damaged = join(folder, 'damaged.jsonl');
    const text = readFileSync(file, 'utf8');
    writeFileSync(damaged, damage(text));
    expect(readFileSync(damaged, 'utf8')).not.toBe(text);
    await to.document('tenant remove acme --yes').catch(() => {});
    const refused = await to.pgrant(['tenant', 'import', damaged, '--issuer', issuer]);
    expect(refused.code, refused.err).toBe(code);
    expect(await tenants()).toEqual([]);
  });

  test.each([
    ['http away from loopback', 'http://id.example', 'is not https'],
    [
      'another URL than its host and path',
      'https://other.example',
      'is not the URL of its host and path',
    ],
  ])('is refused by the database itself with an issuer on %s', async (_what, origin, message) => {
    const line = JSON.parse(readFileSync(file, 'utf8').split('\n')[0] ?? '');
    const header = { ...line, issuer: `${origin}/acme`, host: 'id.example', path: '/acme' };
    const importing = here.sql`select pgrant_ops.tenant_import_begin(${here.sql.json(header)}, '{}', ${header.tenant_id})`;
    await expect(importing).rejects.toMatchObject({
      code: 'OA003',
      message: expect.stringContaining(message),
    });
    expect(await tenants()).toEqual([]);
  });

  test('has each of its tables either in an export or among those that stay', async () => {
    // Minutes old, of one installation, or the record of what happened there.
    const stay = [
      'access_tokens',
      'audit_archives',
      'audit_chains',
      'audit_checkpoints',
      'audit_events',
      'audit_seals',
      'auditors',
      'authorization_requests',
      'client_assertions',
      'client_key_sets',
      'codes',
      'issuers',
      'logos',
      'login_assertions',
      'login_challenges',
      'counters',
      'device_codes',
      'idempotency_keys',
      'dpop_proofs',
      'first_factors',
      'identity_assertions',
      'logout_deliveries',
      'outbox',
      'passkey_challenges',
      'refusals',
      'revoked_tokens',
      'session_clients',
      'sessions',
      'signing_keys',
      'upstream_logins',
      'webhook_attempts',
      'webhook_deliveries',
    ];
    const rows = await here.sql`
      select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
       where c.relnamespace = 'pgrant'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
         and not c.relname = any (array(select unnest(pgrant_rules.transferred_tables())))`;
    expect(rows.map(({ name }) => name).filter((name) => !stay.includes(name))).toEqual([]);
  });
});
