// A restore drill, with the PostgreSQL programs of the machine: what was dumped is restored and proven whole.
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { afterAll, describe, expect, test } from 'vitest';
import { release } from '../../src/release/release.ts';
import { withServer } from '../support/other-postgres.ts';
import { type Run, run, secret } from './cli.ts';

const programs = '/usr/lib/postgresql/15/bin';
const folder = mkdtempSync(join(tmpdir(), 'pgrant-backup-'));
const [dump, manifest] = [join(folder, 'pgrant.dump'), join(folder, 'pgrant.manifest')];

afterAll(() => rmSync(folder, { recursive: true }));

const elsewhere = join(folder, 'elsewhere');

const at = (url: string, database: string, user = 'postgres') =>
  url.replace('//postgres@', `//${user}@`).replace(/\/postgres$/, `/${database}`);

/** Runs the command line on a database, as its superuser or another login. */
async function pgrant(url: string, line: string, more: Record<string, string> = {}): Promise<Run> {
  const environment = { DATABASE_URL: url, DATABASE_BACKUP_URL: url };
  const PGRANT_SECRET = secret.toString('base64');
  return await run({ ...environment, PGRANT_SECRET, ...more }, line.split(' '));
}

async function statement(url: string, text: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql.unsafe(text).finally(() => sql.end());
}

/** A database in which something has happened. */
async function fill(url: string): Promise<void> {
  await statement(url, 'create database source');
  const source = at(url, 'source');
  await release(source);
  const lines = [
    'tenant add acme --issuer https://id.example/acme',
    'client add --tenant acme --name Robot --client-id robot --grant-type client_credentials',
    'role add deploy --tenant acme --title Deploy',
    'audit checkpoint --tenant acme',
    'user add --tenant acme --username ada',
    `audit copy --to ${elsewhere}`,
  ];
  for (const line of lines) expect(await pgrant(source, line)).toMatchObject({ code: 0 });
}

async function restore(url: string, database: string): Promise<string> {
  await statement(url, `create database ${database}`);
  await promisify(execFile)(join(programs, 'pg_restore'), [`--dbname=${at(url, database)}`, dump]);
  return at(url, database);
}

/** As the page says it for a login of releases that is no superuser. */
async function restoresWithoutSuperuser(url: string): Promise<void> {
  const ours = ['owner', 'definer', 'cataloguer', 'janitor', 'worker', 'sealer', 'claims'];
  await statement(
    url,
    `create role releaser login in role ${ours.map((role) => `pgrant_${role}`).join(', ')}`,
  );
  await statement(url, 'create database managed owner releaser');
  const page = readFileSync(new URL('../../src/cli/README.md', import.meta.url), 'utf8');
  const script = /```sh\n(roles=.+?)```/s.exec(page)?.[1] ?? '';
  const DATABASE_OWNER_URL = at(url, 'managed', 'releaser');
  const env = { ...process.env, PATH: `${programs}:${process.env.PATH}`, DATABASE_OWNER_URL };
  const restoring = promisify(execFile)('sh', ['-ec', script], { cwd: folder, env });
  expect((await restoring).stderr).toBe('');
  const restored = await pgrant(at(url, 'managed'), checking);
  expect(restored.out + restored.err).toMatch(/^the database is what source was at 20/);
}

const dumping = `backup dump --to ${dump} --manifest ${manifest} --pg-dump ${programs}/pg_dump`;
const checking = `backup check --manifest ${manifest}`;

describe.skipIf(!existsSync(join(programs, 'pg_dump')))('a restore drill', () => {
  test(
    'what was dumped is restored, proven whole, and whatever was lost or changed is named',
    () =>
      withServer(programs, async (url) => {
        await fill(url);
        const source = at(url, 'source');
        const missing = join(folder, 'missing', 'pgrant.dump');
        const nowhere = await pgrant(source, dumping.replace(dump, missing));
        expect(nowhere.code).toBe(2);
        expect(nowhere.err).toContain(`the dump ${missing} cannot be written (ENOENT)`);
        expect(await pgrant(source, dumping)).toMatchObject({ code: 0 });
        expect([dump, manifest].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
        // What happens afterwards is in neither.
        const later = [
          'scope add later --tenant acme --title Later',
          'user disable --tenant acme --username ada',
          'tenant add other --issuer https://id.example/other',
          `audit copy --to ${elsewhere}`,
        ];
        for (const line of later) expect(await pgrant(source, line)).toMatchObject({ code: 0 });
        const whole = await restore(url, 'whole');
        const good = await pgrant(whole, checking);
        expect(good.out + good.err).toMatch(/^the database is what source was at 20/);
        expect(good.code).toBe(0);
        expect(await pgrant(whole, 'audit verify --tenant acme')).toMatchObject({ code: 0 });
        expect(await release(whole)).toEqual({ migrations: [], reloaded: false });

        await namesWhatWasLost(source, whole);
        await restoresWithoutSuperuser(url);

        await statement(
          whole,
          `delete from pgrant.client_secrets;
         update pgrant.clients set name = 'Robbed';
         create or replace function pgrant_rules.either(p_words text[]) returns text language sql immutable as 'select null::text';
         grant select on pgrant.users to pgrant_web;
         drop index pgrant.users_username_exact;
         alter table pgrant.token_families drop constraint token_families_check;
         alter table pgrant.client_secrets disable trigger all;
         alter table pgrant.users alter column disabled_at set default now();
         alter view pgrant_report.audit_events reset (security_invoker);
         create rule forget as on insert to pgrant.refusals do instead nothing;
         alter type pgrant_api.error add value 'no_such_error';
         alter default privileges for role pgrant_owner in schema pgrant grant select on tables to public;
         create or replace view pgrant_rules.logos_wanted as select t.tenant_id, t.logo_uri from pgrant.tenants t`,
        );
        const { code, out } = await pgrant(whole, `${checking} --json`);
        expect(code).toBe(1);
        const { differences } = JSON.parse(out);
        expect(differences).toContainEqual({
          part: 'table',
          name: 'pgrant.client_secrets',
          source: '1 rows',
          here: '0 rows',
        });
        expect(
          differences.map(({ part, name }: Record<string, string>) => `${part} ${name}`),
        ).toEqual([
          'table pgrant.client_secrets',
          'table pgrant.clients',
          'structure column pgrant.users.disabled_at',
          'structure constraint client_secrets_tenant_id_client_id_fkey on pgrant.client_secrets',
          'structure constraint reviews_tenant_id_client_id_secret_id_fkey on pgrant.reviews',
          'structure constraint token_families_check on pgrant.token_families',
          'structure index pgrant.users_username_exact',
          'structure type pgrant_api.error',
          'structure view pgrant_report.audit_events',
          'structure view pgrant_rules.logos_wanted',
          'structure rule forget on pgrant.refusals',
          'function pgrant_rules.either(text[])',
          'right pgrant_web  table pgrant.users  SELECT',
          'right PUBLIC  by pgrant_owner  schema pgrant  tables  SELECT',
        ]);

        const other = await pgrant(whole, `audit copy --to ${elsewhere} --tenant acme`);
        expect([other.code, other.err]).toEqual([
          1,
          expect.stringMatching(
            /^pgrant: acme: seal \d+ in .* is not of this audit: after a restore/,
          ),
        ]);
        await bindsWhoeverDumps(url, source);
        await refusesOthers(whole);
      }),
    180_000,
  );
});

/** Copies of the audit that were kept elsewhere know what happened after the dump. */
async function namesWhatWasLost(source: string, whole: string): Promise<void> {
  const files = ['acme', 'other'].flatMap((tenant) =>
    readdirSync(join(elsewhere, tenant)).map((file) => join(elsewhere, tenant, file)),
  );
  const losing = `audit lost ${files.join(' ')}`;
  const none = await pgrant(source, losing);
  expect(none).toMatchObject({ code: 0, out: 'the database knows all that the files do\n' });
  const { code, out } = await pgrant(whole, `${losing} --json`);
  expect(code).toBe(1);
  const rows: Record<string, string>[] = JSON.parse(out);
  const acme = rows.filter(({ tenant }) => tenant === 'https://id.example/acme');
  expect(acme).toMatchObject([
    { effect: 'ended', action: 'user.disable', user_id: expect.any(String), events: 1 },
    { effect: 'changed', action: 'scope.add', events: 1 },
  ]);
  // A tenant that the database does not know has lost everything.
  expect(rows.map(({ tenant, action }) => `${tenant} ${action}`)).toContain(
    'https://id.example/other tenant.add',
  );
}

/** The owner of the tables sees no rows, and its pg_dump would say so by an error or not at all. */
async function bindsWhoeverDumps(url: string, source: string): Promise<void> {
  await statement(url, 'create role dumper login bypassrls; grant pg_read_all_data to dumper');
  const owner = await pgrant(at(url, 'source', 'pgrant_owner'), dumping);
  expect([owner.code, owner.err.split('\n')[0]]).toEqual([
    1,
    'pgrant: row-level security hides the rows from pgrant_owner, and would from pg_dump',
  ]);
  const withPassword = at(url, 'source', 'dumper').replace('dumper@', 'dumper:a%3Ab%5Cc@');
  expect(await pgrant(withPassword, dumping)).toMatchObject({ code: 0 });
  const missing = dumping.replace(/--pg-dump .*/, '--pg-dump no-such-pg_dump');
  expect((await pgrant(source, missing)).err).toBe(
    'pgrant: no dump was made: spawn no-such-pg_dump ENOENT\n' +
      '  the program is no-such-pg_dump: --pg-dump names another\n',
  );
  expect(await pgrant(at(source, 'source', 'dumper'), checking)).toMatchObject({ code: 0 });
  // Whoever works in psql has a password there that is another login's.
  const said = join(folder, 'said');
  writeFileSync(said, '#!/bin/sh\necho "password: $PGPASSWORD$PATH" | cut -c1-11 >&2; exit 1\n', {
    mode: 0o700,
  });
  const beside = await pgrant(withPassword, dumping.replace(/--pg-dump .*/, `--pg-dump ${said}`), {
    PGPASSWORD: 'another',
    PATH: '/usr/bin:/bin',
  });
  expect(beside.err.split('\n')[0]).toBe('pgrant: no dump was made: password: /');
  await saysAllInOneLine(source);
}

/** An older pg_dump names the two versions in a line of their own. */
async function saysAllInOneLine(source: string): Promise<void> {
  const older = join(folder, 'older');
  const lines = ['error: server version mismatch', 'detail: server version: 18', 'hint: names'];
  const said = lines.map((line) => `pg_dump: ${line}`).join('\n');
  writeFileSync(older, `#!/bin/sh\necho '${said}' >&2; exit 1\n`, { mode: 0o700 });
  const refused = await pgrant(source, dumping.replace(/--pg-dump .*/, `--pg-dump ${older}`));
  expect(refused.err.split('\n')[0]).toBe(
    'pgrant: no dump was made: pg_dump: error: server version mismatch; detail: server version: 18; hint: names',
  );
}

async function refusesOthers(whole: string): Promise<void> {
  const other = { PGRANT_SECRET: Buffer.alloc(32, 8).toString('base64') };
  const unsigned = await pgrant(whole, checking, other);
  expect([unsigned.code, unsigned.err]).toEqual([
    2,
    'pgrant: the manifest was altered, or signed under another PGRANT_SECRET\n',
  ]);
  const rotated = await pgrant(whole, checking, {
    ...other,
    PGRANT_SECRET_OLD: secret.toString('base64'),
  });
  expect(rotated.code).toBe(1);
  const [header, payload, signature] = readFileSync(manifest, 'utf8').trim().split('.');
  const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString());
  const altered = Buffer.from(JSON.stringify({ ...claims, functions: {} })).toString('base64url');
  writeFileSync(manifest, [header, altered, signature].join('.'));
  expect((await pgrant(whole, checking)).code).toBe(2);
  expect((await pgrant(whole, 'backup check --manifest nowhere')).err).toBe(
    'pgrant: the manifest nowhere cannot be read (ENOENT)\n',
  );
}
