// Clients from documents: how many, how often they are fetched, how long they live.
import { beforeAll, describe, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import { callAll } from '../../src/db/call.ts';
import { makeAuditor } from '../support/auditors.ts';
import { client, fern, makeTaking, nextOf, store } from '../support/documents.ts';
import { ask, auditOf, makeUser, makeWorld, operate, type World } from '../support/fixtures.ts';
import { obtainTokens, rotate } from '../support/flows.ts';
import { age, clientsOf, register, tally } from '../support/self-registered.ts';

let world: World;
let taking: ReturnType<typeof makeTaking>;

beforeAll(async () => {
  world = await makeWorld(8);
  taking = makeTaking(world);
});

test('what an operator requires of one stays, whatever its document says', async () => {
  const at = await taking();
  await store(at);
  const bound = async () => (await clientsOf(at))[0]?.dpop_bound_access_tokens;
  await operate(at, ops.client_set, {
    client_id: fern,
    settings: { dpop_bound_access_tokens: true },
  });
  expect((await store(at, fern, { dpop_bound_access_tokens: false })).row.error).toBeNull();
  expect(await bound()).toBe(true);
});

describe('bounds that are exact across connections', () => {
  test('client_document_quota', async () => {
    const at = await taking({ client_document_quota: 10 });
    const urls = Array.from({ length: 40 }, (_, n) => `https://h${n}.example/c`);
    const rows = await Promise.all(urls.map((url) => store(at, url)));
    expect(tally(rows)).toEqual({ granted: 10, temporarily_unavailable: 30 });
    expect(await clientsOf(at)).toHaveLength(10);
    const [known] = await clientsOf(at);
    // What is known may be fetched again; what is not is not even fetched.
    expect((await store(at, known?.client_id)).row.error).toBeNull();
    expect(await nextOf(at, 'https://new.example/c')).toBe('temporarily_unavailable');
    await age(at, known?.client_id, '61 minutes');
    expect(tally([await store(at), await store(at, 'https://new.example/c')])).toEqual({
      granted: 1,
      temporarily_unavailable: 1,
    });
  });

  test('at the quota those give way for which strangers alone have come, and no other', async () => {
    const at = await taking({ client_document_quota: 2 });
    await store(at);
    await obtainTokens(at, client, await makeUser(at, 'ada'));
    const strange = 'https://h1.example/c';
    await store(at, strange);
    // Whoever is sent here by it and never signs in lets it live for registered_idle_lifetime.
    expect(await nextOf(at, strange)).toBe('login');
    const other = 'https://h2.example/c';
    expect(await nextOf(at, other)).toBe('temporarily_unavailable');
    expect((await store(at, other)).row.error).toBe('temporarily_unavailable');
    await at.database.sql`
      update pgrant.clients set document_fetched_at = document_fetched_at - interval '61 minutes',
             requested_at = requested_at - interval '61 minutes'
       where tenant_id = ${at.tenant}`;
    expect(await nextOf(at, other)).toBe('document');
    // For a document that is refused nobody gives way.
    expect((await store(at, other, { redirect_uris: [] })).row.error).toBe('invalid_redirect_uri');
    expect((await clientsOf(at)).map(({ client_id }) => client_id)).toEqual([fern, strange]);
    expect((await store(at, other)).row.error).toBeNull();
    expect((await clientsOf(at)).map(({ client_id }) => client_id)).toEqual([fern, other]);
    expect((await store(at, strange)).row.error).toBe('temporarily_unavailable');
  });

  test('at the quota none gives way that an operator has bound', async () => {
    const at = await taking({ client_document_quota: 1 });
    await store(at);
    await operate(at, ops.client_set, { client_id: fern, settings: { scopes: ['email'] } });
    await at.database.sql`
      update pgrant.clients set document_fetched_at = document_fetched_at - interval '61 minutes'
       where tenant_id = ${at.tenant}`;
    const { row } = await store(at, 'https://h1.example/c');
    expect(row.error).toBe('temporarily_unavailable');
  });

  test('the same new document from many connections is one client', async () => {
    const at = await taking();
    const rows = await Promise.all(Array.from({ length: 20 }, () => store(at)));
    expect(tally(rows)).toEqual({ granted: 20 });
    expect(await clientsOf(at)).toHaveLength(1);
  });

  test('client_document_rate, per IPv4 address and IPv6 /64, before anything is fetched', async () => {
    const at = await taking({ client_document_rate: 7 });
    const from = async (address: (n: number) => string) => {
      const asked = Array.from({ length: 20 }, (_, n) =>
        nextOf(at, `https://h${n}.example/c`, address(n)),
      );
      const answers = await Promise.all(asked);
      return answers.filter((answer) => answer === 'document').length;
    };
    expect(await from(() => '192.0.2.9')).toBe(7);
    expect(await from((n) => `2001:db8::${(n + 1).toString(16)}`)).toBe(7);
    expect(await from((n) => `2001:db8:0:${n + 1}::1`)).toBe(20);
    // Those that are fresh cost nothing.
    await store(at);
    expect(await nextOf(at, fern, '192.0.2.9')).toBe('login');
  });

  test('documents and clients that registered themselves are counted apart', async () => {
    const at = await taking({
      client_document_quota: 1,
      registration: 'open',
      registration_quota: 1,
    });
    await store(at);
    const { tenant } = at;
    const [counts] = await callAll(world.database.worker, ops.registration_counts, { tenant });
    expect(counts).toMatchObject({ live: 0, last_hour: 0 });
    expect(await callAll(world.database.worker, ops.registration_list, { tenant })).toEqual([]);
    const [listed] = await callAll(world.database.worker, ops.client_document_list, { tenant });
    expect(listed).toMatchObject({ client_id: fern, host: 'fern.example', last_used_at: null });
    expect((await register(at)).row.error).toBeNull();
    expect((await store(at)).row.error).toBeNull();
  });
});

describe('how long it lives', () => {
  test('an hour where it is never used, then registered_idle_lifetime from each use', async () => {
    const at = await taking();
    await store(at);
    const [made] = await clientsOf(at);
    expect((made?.expires_at - Date.now()) / 60_000).toBeCloseTo(60, 0);
    await obtainTokens(at, client, await makeUser(at, 'ada'));
    const [used] = await clientsOf(at);
    expect((used?.expires_at - Date.now()) / 86_400_000).toBeCloseTo(90, 2);
    // Fetching it again neither shortens nor lengthens that.
    await store(at);
    const [again] = await clientsOf(at);
    expect(again?.expires_at).toEqual(used?.expires_at);
    await age(at, fern, '91 days');
    expect(await nextOf(at, fern)).toBe('document');
    await callAll(world.database.janitor, ops.expired_delete, { table: 'clients' });
    expect(await clientsOf(at)).toEqual([]);
  });

  test('one that an operator has bound outlives its idleness, and comes back bound', async () => {
    const at = await taking();
    const auditor = await makeAuditor(at.database);
    const bounds = { dpop_bound_access_tokens: true, scopes: ['email'] };
    for (const [setting, value] of Object.entries(bounds)) {
      const client_id = `https://${setting.replaceAll('_', '-')}.example/c`;
      await store(at, client_id);
      await operate(at, ops.client_set, { client_id, settings: { [setting]: value } });
      await age(at, client_id, '91 days');
      await callAll(world.database.janitor, ops.expired_delete, { table: 'clients' });
      // Nobody is told that there is something left to clean up.
      const [backlog] = await auditor.sql`
        select expired_rows from pgrant_report.expired_backlog where table_name = 'clients'`;
      expect(Number(backlog?.expired_rows)).toBe(0);
      expect((await store(at, client_id)).row.error).toBeNull();
      const made = (await clientsOf(at)).find((one) => one.client_id === client_id);
      expect(made).toMatchObject({ [setting]: value });
    }
  });

  test('a refresh needs no document, however stale', async () => {
    const at = await taking();
    await store(at);
    const tokens = await obtainTokens(at, client, await makeUser(at, 'ada'));
    await world.database.sql`
      update pgrant.clients set document_expires_at = now() - interval '1 day' where tenant_id = ${at.tenant}`;
    expect(await nextOf(at, fern)).toBe('document');
    expect((await rotate(at, client, tokens.refresh)).row.error).toBeNull();
  });
});

describe('two tenants', () => {
  test('see nothing of each other: each has its own copy, freshness and policy', async () => {
    const [one, other] = [await taking(), await taking()];
    await store(one, fern, { name: 'Fern of one' });
    expect(await nextOf(one, fern)).toBe('login');
    expect(await nextOf(other, fern)).toBe('document');
    await store(other, fern, { name: 'Fern of the other' });
    expect((await clientsOf(one))[0]?.name).toBe('Fern of one');
    await operate(other, ops.client_remove, { client_id: fern });
    expect(await nextOf(one, fern)).toBe('login');
  });
});

describe('what a document may say', () => {
  test('it gets nothing for itself, and scopes of the tenant only', async () => {
    const at = await taking();
    const grant_types = ['authorization_code', 'client_credentials'];
    await store(at, fern, { grant_types, scopes: ['email', 'unheard-of'], consent: 'never' });
    const [made] = await clientsOf(at);
    expect(made).toMatchObject({ consent: 'assured', require_pkce: true });
    expect(made).toMatchObject({ scopes: null, registered: { scope: 'email' } });
    expect(made?.grant_types).toEqual(['authorization_code']);
    const foreign = await store(at, 'https://moss.example/c', { scopes: ['unheard-of'] });
    expect(foreign.row.error).toBeNull();
    const moss = (await clientsOf(at)).find(
      ({ client_id }) => client_id === 'https://moss.example/c',
    );
    expect(moss).toMatchObject({ scopes: null, registered: {} });
    expect(moss?.left_out).toEqual({ 'unheard-of': 'the tenant has no such scope' });
  });

  test('what an operator has set stays; what the document says follows the document', async () => {
    const at = await taking();
    await store(at);
    const settings = { consent: 'always', access_token_lifetime: 60, name: 'Mine' };
    await operate(at, ops.client_set, { client_id: fern, settings });
    await store(at);
    const [made] = await clientsOf(at);
    expect(made).toMatchObject({ consent: 'always', access_token_lifetime: 60, name: 'Fern' });
  });

  test('every fetch is recorded, good or not', async () => {
    const at = await taking();
    await store(at);
    await ask(at, api.client_document_refuse, { client_url: fern, document_fault: 'status 404' });
    const [stored] = await auditOf(at, 'client_document.add');
    expect(stored).toMatchObject({ error: null, client_id: fern, detail: { name: 'Fern' } });
    const [refused] = await auditOf(at, 'client_document.refuse');
    expect(refused).toMatchObject({ reason: 'status 404', error: 'invalid_client_metadata' });
  });
});
