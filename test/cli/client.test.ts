import { createHash } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { operator } from './cli.ts';

const database = await createDatabase();
const { sql } = database;
const { pgrant, document } = operator(database);
const uri = 'https://n8n.example/rest/oauth2-credential/callback';

beforeAll(async () => {
  await document('tenant add acme --issuer http://localhost:3000/acme');
});

const sha256 = (text: string) => createHash('sha256').update(text).digest();

test('client add makes an id and a secret, shows the secret once, and the database has its hash only', async () => {
  const added = await pgrant([
    'client',
    'add',
    '--tenant',
    'acme',
    '--name',
    'n8n',
    '--redirect-uri',
    uri,
  ]);
  expect(added.code).toBe(0);
  const id = /^client_id +(\S+)$/m.exec(added.out)?.[1] ?? '';
  const secret = /^client_secret +(pgrant_cs_\S+)$/m.exec(added.out)?.[1] ?? '';
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(added.out).toContain('not shown again');
  expect(added.out).toMatch(/^issuer +http:\/\/localhost:3000\/acme$/m);
  expect(added.out).toContain('http://localhost:3000/acme/.well-known/openid-configuration');
  expect(added.out).toContain('It must send PKCE');
  expect(added.out).toContain(uri);

  const [row] = await sql`select secret_hash from pgrant.client_secrets where client_id = ${id}`;
  expect(row?.secret_hash).toEqual(sha256(secret));
  const tables = await sql`
    select oid::regclass::text as name from pg_class
     where relnamespace = 'pgrant'::regnamespace and relkind in ('r', 'p')`;
  for (const { name } of tables) {
    const found = await sql.unsafe(`select from ${name} t where t::text like '%${secret}%'`);
    expect([name, found.length]).toEqual([name, 0]);
  }
  const shown = await pgrant(['client', 'show', '--tenant', 'acme', id]);
  expect(shown.out).not.toContain('pgrant_cs_');
  expect(shown.out).toMatch(/^access_token_lifetime +the tenant's$/m);
  expect(shown.out).toMatch(/^scopes +every scope$/m);
});

test('where the tenant lets confidential clients off PKCE, new ones are, and public ones never', async () => {
  await document('tenant set acme preset=openid-compatible');
  const add = `client add --tenant acme --redirect-uri ${uri} --name`;
  expect(await document(`${add} lax`)).toMatchObject({ require_pkce: false });
  expect(await document(`${add} public --public`)).toMatchObject({ require_pkce: true });
  const { out } = await pgrant(`${add} said`.split(' '));
  expect(out).toContain('require_pkce is false');
  await document('tenant set acme preset=default');
});

test('a public client has no secret, and may have a private-use scheme and any loopback port', async () => {
  const client = await document(
    'client add --tenant acme --name app --client-id app --public --application-type native',
    '--redirect-uri=com.example.app:/callback',
    '--redirect-uri=http://127.0.0.1/callback',
  );
  expect(client).not.toHaveProperty('client_secret');
  expect(client).toMatchObject({
    client_id: 'app',
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    redirect_uris: ['com.example.app:/callback', 'http://127.0.0.1/callback'],
    secrets: [],
  });
});

test("whoever registers a program on somebody's machine is told about ports [RFC 8252 7.3]", async () => {
  const add = 'client add --tenant acme --public --name Port --redirect-uri';
  const said = 'On 127.0.0.1 and [::1] any port is good';
  for (const uri of ['http://127.0.0.1/a', 'http://[::1]:8080/a', 'http://localhost:8080'])
    expect((await pgrant([...add.split(' '), uri])).out).toContain(said);
  for (const uri of ['https://a.example/a', 'com.example.app:/a'])
    expect((await pgrant([...add.split(' '), uri])).out).not.toContain(said);
});

test('a scheme that is no reversed domain name is added and set once the tenant allows it', async () => {
  const redirect = '--redirect-uri=cursor://anysphere.cursor-mcp/oauth/callback';
  const add = ['client', 'add', '--tenant', 'acme', '--name', 'Cursor', '--public', redirect];
  const refused = await pgrant(add);
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('the tenant does not allow the scheme cursor in redirect URIs');
  expect((await pgrant(['client', 'set', 'app', '--tenant', 'acme', redirect])).code).toBe(1);
  await document('tenant set acme', 'redirect_schemes=["cursor"]');
  expect((await pgrant(add)).code).toBe(0);
  await document('tenant set acme', 'redirect_schemes=[]');
  const { client_id } = (await document('client list --tenant acme')).find(
    ({ name }: { name: string }) => name === 'Cursor',
  );
  // What it has stays, and other settings change without it.
  const changed = await document(`client set ${client_id} --tenant acme --name Cursor2`);
  expect(changed.redirect_uris).toEqual(['cursor://anysphere.cursor-mcp/oauth/callback']);
});

test('every option of client add arrives', async () => {
  const client = await document(
    'client add --tenant acme --client-id full --name',
    'Full Client',
    ...['--redirect-uri', uri, '--post-logout-redirect-uri', 'https://n8n.example/bye'],
    ...['--grant-type', 'authorization_code', '--grant-type', 'client_credentials'],
    ...['--scope', 'openid', '--scope', 'email', '--access-token-format', 'opaque'],
    ...['--set', 'consent=never', '--set', 'refresh_lifetime=90d', '--set', 'require_pkce=false'],
  );
  expect(client).toMatchObject({
    name: 'Full Client',
    redirect_uris: [uri],
    post_logout_redirect_uris: ['https://n8n.example/bye'],
    grant_types: ['authorization_code', 'client_credentials'],
    scopes: ['openid', 'email'],
    access_token_format: 'opaque',
    consent: 'never',
    refresh_lifetime: 7_776_000,
    require_pkce: false,
  });
  expect(client.client_secret).toMatch(/^pgrant_cs_/);
  expect(client.secrets).toHaveLength(1);
});

test('a client of machines needs no redirect URI, and any other does', async () => {
  const machine = await document(
    'client add --tenant acme --name m2m --client-id m2m --grant-type client_credentials',
  );
  expect(machine).toMatchObject({ grant_types: ['client_credentials'], redirect_uris: [] });
  const refused = await pgrant(['client', 'add', '--tenant', 'acme', '--name', 'x']);
  expect(refused.code).toBe(2);
  expect(refused.err).toMatch(/^pgrant: give a --redirect-uri, or --grant-type client_credentials/);
});

test.each([
  [['--redirect-uri', 'http://n8n.example/cb'], 1, 'http is for loopback hosts only'],
  [['--redirect-uri', 'com.example.app:/cb'], 1, 'private-use schemes are for public clients'],
  [['--redirect-uri', uri, '--post-logout-redirect-uri', 'javascript:x'], 1, 'its scheme is'],
  [
    ['--redirect-uri', uri, '--scope', 'unheard'],
    1,
    'the tenant has no scope unheard\n  add it with pgrant scope add',
  ],
  [['--redirect-uri', uri, '--set', 'colour=red'], 1, 'there is no client setting colour'],
  [['--redirect-uri', uri, '--client-id', 'm2m'], 1, 'there is a client m2m already'],
  [
    ['--redirect-uri', uri, '--public', '--set', 'require_pkce=false'],
    1,
    'a public client (token_endpoint_auth_method none) must have require_pkce',
  ],
  [
    ['--grant-type', 'password'],
    2,
    "argument 'password' is invalid. It must be one of authorization_code",
  ],
  [
    ['--redirect-uri', uri, '--access-token-format', 'paseto'],
    2,
    'Allowed choices are jwt, opaque',
  ],
])('client add %j is refused with exit code %i', async (options, code, message) => {
  const refused = await pgrant(['client', 'add', '--tenant', 'acme', '--name', 'x', ...options]);
  expect(refused.code).toBe(code);
  expect(refused.out).toBe('');
  expect(refused.err).toContain(message);
});

test('client set changes what it is given, checks URIs, and null means the tenant setting again', async () => {
  const set = ['client', 'set', '--tenant', 'acme', 'm2m'];
  await document('client set --tenant acme m2m access_token_lifetime=5m', '--name=Machine');
  expect(await document('client show --tenant acme m2m')).toMatchObject({
    name: 'Machine',
    access_token_lifetime: 300,
    grant_types: ['client_credentials'],
  });
  const back = await document('client set --tenant acme m2m access_token_lifetime=null');
  expect(back.access_token_lifetime).toBeNull();
  const bad = await pgrant([...set, 'redirect_uris=http://evil.example']);
  expect(bad.code).toBe(1);
  expect(bad.err).toContain('http is for loopback hosts only');
  const scope = await pgrant([...set, 'scopes=openid unheard']);
  expect(scope.err).toContain('the tenant has no scope unheard');
  const uris = await document('client set --tenant acme app', 'redirect_uris=com.example.b:/cb');
  expect(uris.redirect_uris).toEqual(['com.example.b:/cb']);
});

test('client list shows them in a table, disabled since when; enabling and disabling may be repeated', async () => {
  for (let round = 0; round < 2; round++) await document('client disable --tenant acme m2m');
  const { out } = await pgrant(['client', 'list', '--tenant', 'acme']);
  expect(out).toMatch(/^CLIENT ID +NAME +TOKEN ENDPOINT AUTH METHOD/);
  expect(out).toMatch(/^m2m +Machine +client_secret_basic +client_credentials +\S+Z +\S+Z$/m);
  for (let round = 0; round < 2; round++) await document('client enable --tenant acme m2m');
  const clients = await document('client list --tenant acme');
  expect(clients).toContainEqual(expect.objectContaining({ client_id: 'm2m', disabled_at: null }));
});

test('a secret is added, expires when told, and has the others retire', async () => {
  const [first] = await document('client secret list --tenant acme m2m');
  const added = await document(
    'client secret add --tenant acme m2m --expires-in 90d --retire-others-after 24h',
  );
  expect(added.client_secret).toMatch(/^pgrant_cs_/);
  const inDays = (moment: string) => (Date.parse(moment) - Date.now()) / 86_400_000;
  expect(inDays(added.expires_at)).toBeCloseTo(90, 2);
  const secrets = await document('client secret list --tenant acme m2m');
  expect(secrets).toHaveLength(2);
  expect(inDays(secrets[0].expires_at)).toBeCloseTo(1, 2);
  expect(secrets[0].secret_id).toBe(first.secret_id);

  await document(`client secret remove --tenant acme m2m ${first.secret_id}`);
  expect(await document('client secret list --tenant acme m2m')).toHaveLength(1);
  const gone = await pgrant([
    'client',
    'secret',
    'remove',
    '--tenant',
    'acme',
    'm2m',
    first.secret_id,
  ]);
  expect(gone.code).toBe(1);
  expect(gone.err).toContain('pgrant client show lists its secrets');
  const [row] = await sql`select secret_hash from pgrant.client_secrets where client_id = 'm2m'`;
  expect(row?.secret_hash).toEqual(sha256(added.client_secret));
});

test('a public client gets no secret, and a length of time has to be one', async () => {
  const add = ['client', 'secret', 'add', '--tenant', 'acme'];
  const refused = await pgrant([...add, 'app']);
  expect([refused.code, refused.err]).toEqual([
    2,
    'pgrant: client app is public: it has no secrets\n',
  ]);
  const soon = await pgrant([...add, 'm2m', '--expires-in', 'soon']);
  expect(soon.code).toBe(2);
  expect(soon.err).toContain(
    'It must be a length of time such as 90d, 24h, 15m or 60s, of at most 24855d.',
  );
});

test('client remove without a terminal refuses with exit code 2, and goes ahead with --yes', async () => {
  const remove = ['client', 'remove', '--tenant', 'acme', 'm2m'];
  expect((await pgrant(remove)).code).toBe(2);
  expect((await document('client show --tenant acme m2m')).client_id).toBe('m2m');
  expect((await pgrant([...remove, '--yes'])).out).toBe('client m2m is removed\n');
  expect(await pgrant([...remove, '--yes'])).toEqual({
    code: 1,
    out: '',
    err: 'pgrant: there is no client m2m\n  list the clients: pgrant client list\n',
  });
});

test('a client_id that reads otherwise where it is sent as it is has no secret [RFC 6749 2.3.1]', async () => {
  const add = (id: string, ...more: string[]) =>
    pgrant(
      `client add --tenant acme --name raw --client-id ${id} --redirect-uri ${uri}`
        .split(' ')
        .concat(more),
    );
  for (const id of ['team:app', 'a+b', 'p%25q']) {
    const { code, err } = await add(id);
    expect([code, err]).toEqual([1, expect.stringContaining('Authorization header')]);
    expect(err).toContain('without : + and %');
  }
  expect((await add('team:app', '--public')).code).toBe(0);
  expect((await add('a~b*c@d')).code).toBe(0);
  // Nor does one that had none get its first.
  const turned = 'client set team:app --tenant acme token_endpoint_auth_method=client_secret_basic';
  expect((await pgrant(turned.split(' '))).code).toBe(0);
  const { code, err } = await pgrant('client secret add team:app --tenant acme'.split(' '));
  expect([code, err]).toEqual([1, expect.stringContaining('without : + and %')]);
});

test('replay_window=0 warns of clients that send a refresh token twice', async () => {
  await document(`client add --tenant acme --name vpn --client-id vpn --redirect-uri ${uri}`);
  const set = (value: string) =>
    pgrant(['client', 'set', 'vpn', '--tenant', 'acme', `replay_window=${value}`]);
  expect((await set('0')).out).toContain('sends a refresh token twice');
  expect((await set('')).out).not.toContain('twice');
  const { out } = await pgrant(['tenant', 'set', 'acme', 'replay_window=0']);
  expect(out).toContain('sends a refresh token twice');
  const beside = await pgrant(['tenant', 'set', 'acme', 'replay_window=0', '--json']);
  expect(JSON.parse(beside.out)).toMatchObject({ replay_window: 0 });
  expect(beside.err).toContain('sends a refresh token twice');
  await document('tenant set acme replay_window=60');
});

test('a default resource and the claims of a resource are set in words, and refused in words', async () => {
  const set = 'resource set urn:kafka:cluster-1 --tenant acme --title Kafka';
  await document(set, '--access-token-claim', 'preferred_username', '--audience', 'kafka');
  const [resource] = await document('resource list --tenant acme');
  expect(resource).toMatchObject({
    resource: 'urn:kafka:cluster-1',
    audiences: ['kafka'],
    access_token_claims: { preferred_username: '{preferred_username}' },
  });
  await document('client set vpn --tenant acme default_resource=urn:kafka:cluster-1');
  const wrong = await pgrant([...set.split(' '), '--access-token-claim', 'login']);
  expect(wrong).toMatchObject({ code: 1, err: expect.stringMatching(/no claim login\n.*email/) });
  const none = await pgrant('client set vpn --tenant acme default_resource=kafka'.split(' '));
  expect(none.err).toContain('default_resource must be an absolute URI');
  const kept = await pgrant('resource remove urn:kafka:cluster-1 --tenant acme --yes'.split(' '));
  expect(kept.err).toContain('is the default_resource of the client vpn');
  await document('client set vpn --tenant acme default_resource=');
  await document('resource remove urn:kafka:cluster-1 --tenant acme --yes');
});
