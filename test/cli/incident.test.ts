import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import * as client from 'openid-client';
import { beforeAll, expect, test } from 'vitest';
import { type Acme, discover, obtainTokens, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { startServer } from '../support/issuer.ts';
import { operator } from './cli.ts';

let acme: Acme;
let config: client.Configuration;
let pgrant: ReturnType<typeof operator>['pgrant'];
let document: ReturnType<typeof operator>['document'];

beforeAll(async () => {
  acme = await startAcme();
  config = await discover(acme, acme.web);
  ({ pgrant, document } = operator(acme.database));
});

const incident = 'incident revoke --tenant acme --since 1d';
const invalidGrant = { error: 'invalid_grant' };

function refresh(tokens: { refresh_token?: string | undefined }) {
  return client.refreshTokenGrant(config, tokens.refresh_token ?? '');
}

/** The kids of the JWK set, from a process that has not kept any. */
async function publishedKids(): Promise<string[]> {
  const { origin } = await startServer(acme.database);
  const { host, pathname } = new URL(`${acme.issuer}/oauth/jwks.json`);
  const answer = await new Promise((resolve, reject) => {
    request(origin + pathname, { headers: { host } }, (response) => resolve(json(response)))
      .on('error', reject)
      .end();
  });
  return (answer as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
}

test('after a leak one command ends what was used since, and replaces the signing keys', async () => {
  const { sql } = acme.database;
  const browser = new Browser();
  const before = await obtainTokens(config);
  await sql`update pgrant.token_families set last_used_at = now() - interval '2 days'`;
  const since = await obtainTokens(config, {}, browser);
  const kids = await publishedKids();

  const counted = await document(`${incident} --dry-run`);
  expect(counted).toContainEqual({ what: 'token families', live: 1 });
  expect(await publishedKids()).toEqual(kids);

  const { ended, withdrawn } = await document(`${incident} --yes`);
  expect(ended).toContainEqual({ what: 'token families', ended: 1 });
  expect(ended).toContainEqual({ what: 'signing keys', ended: 2 });
  expect([...withdrawn].sort()).toEqual([...kids].sort());

  await expect(refresh(since)).rejects.toMatchObject(invalidGrant);
  const gone = await client.tokenIntrospection(config, since.access_token);
  expect(gone.active).toBe(false);
  const again = obtainTokens(config, { prompt: 'none' }, browser);
  await expect(again).rejects.toMatchObject({ error: 'login_required' });
  expect((await refresh(before)).access_token).toBeTruthy();

  const published = await publishedKids();
  expect(published).toHaveLength(2);
  expect(published.filter((kid) => kids.includes(kid))).toEqual([]);
  const [event] = await sql`
    select detail from pgrant.audit_events where action = 'incident.revoke' order by at desc limit 1`;
  expect(event?.detail).toMatchObject({ grants: false, client_secrets: false });
});

test('a code that has expired unused is none that it ends', async () => {
  const { sql } = acme.database;
  await obtainTokens(config);
  await sql`update pgrant.codes set used_at = null, family_id = null, expires_at = now() - interval '1 minute'`;
  expect(await document(`${incident} --dry-run`)).toContainEqual({ what: 'codes', live: 0 });
  const { ended } = await document(`${incident} --keep-keys --yes`);
  expect(ended).toContainEqual({ what: 'codes', ended: 0 });
});

test('it may end consents and client secrets too, and keep the keys', async () => {
  const tokens = await obtainTokens(config);
  const kids = await publishedKids();
  const { ended } = await document(`${incident} --grants --client-secrets --keep-keys --yes`);
  expect(ended).toContainEqual({ what: 'grants', ended: 1 });
  expect(ended).toContainEqual({ what: 'client secrets', ended: 1 });
  expect(await publishedKids()).toEqual(kids);
  await expect(refresh(tokens)).rejects.toMatchObject({ error: 'invalid_client' });
  // Repeating it finds nothing more.
  const repeated = await document(`${incident} --grants --client-secrets --keep-keys --yes`);
  expect(repeated.ended.map((row: { ended: number }) => row.ended)).toEqual([0, 0, 0, 0, 0, 0, 0]);
});

test('families go in batches, and none is left out', async () => {
  await acme.database.sql`
    insert into pgrant.token_families (tenant_id, grant_id, user_id, client_id, offline, scopes, auth_time, amr,
                                       idle_expires_at, expires_at, sweep_after)
    select f.tenant_id, f.grant_id, f.user_id, f.client_id, true, f.scopes, now(), '{}', now() + interval '1 day',
           now() + interval '1 day', current_date + 9
      from (select * from pgrant.token_families limit 1) f cross join generate_series(1, 12000)`;
  const { ended } = await document(`${incident} --keep-keys --yes`);
  expect(ended).toContainEqual({ what: 'token families', ended: 12_000 });
});

test('after a restore a --since of the backup finds nothing, and --help says so', async () => {
  await obtainTokens(await discover(acme, acme.native, true), {
    redirect_uri: 'http://127.0.0.1:9999/callback',
  });
  await acme.database
    .sql`update pgrant.token_families set last_used_at = now() - interval '2 days'`;
  const live = async (...more: string[]) => {
    const counted = await document('incident revoke --all-tenants --dry-run', ...more);
    return counted.find((row: { what: string }) => row.what === 'token families').live;
  };
  expect(await live('--since', '1d')).toBe(0);
  expect(await live()).toBeGreaterThan(0);
  const { out } = await pgrant(['incident', 'revoke', '--help']);
  expect(out.replaceAll(/\s+/g, ' ')).toContain('Not after a restore: all that it brought back is');
  await document('incident revoke --all-tenants --keep-keys --yes');
});

test('after a restore everything of every tenant ends', async () => {
  await obtainTokens(await discover(acme, acme.native, true), {
    redirect_uri: 'http://127.0.0.1:9999/callback',
  });
  await document('tenant add globex --issuer http://localhost:3000/globex');
  const { ended } = await document('incident revoke --all-tenants --grants --yes');
  expect(ended).toContainEqual({ what: 'token families', ended: 1 });
  expect(ended).toContainEqual({ what: 'signing keys', ended: 4 });
});

test.each([
  ['a time without a zone', ['--since', '2026-11-21T08:00:00', '--yes'], 'It must be such as'],
  ['a time that has yet to come', ['--since', '2999-01-01T00:00:00Z', '--yes'], 'has yet to come'],
  ['no confirmation', ['--since', '1d'], 'say so with --yes'],
  ['both one tenant and all of them', ['--all-tenants', '--yes'], 'say which'],
])('%s is refused, and changes nothing', async (_what, options, message) => {
  const kids = await publishedKids();
  const refused = await pgrant(['incident', 'revoke', '--tenant', 'acme', ...options]);
  expect(refused).toMatchObject({ code: 2, out: '' });
  expect(refused.err).toContain(message);
  expect(await publishedKids()).toEqual(kids);
});
