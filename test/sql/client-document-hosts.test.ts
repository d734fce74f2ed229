// Whose client documents a tenant takes.
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { callAll } from '../../src/db/call.ts';
import { client, fern, makeTaking, nextOf, store } from '../support/documents.ts';
import {
  makeTenant,
  makeUser,
  makeWorld,
  operate,
  redirect_uri,
  type World,
} from '../support/fixtures.ts';
import { obtainTokens, rotate } from '../support/flows.ts';
import { age, configure } from '../support/self-registered.ts';

let world: World;
let taking: ReturnType<typeof makeTaking>;

beforeAll(async () => {
  world = await makeWorld();
  taking = makeTaking(world);
});

describe('whose documents are taken', () => {
  test.each([
    [{ client_documents: 'closed' }, fern, false],
    [{ client_documents: 'open' }, fern, true],
    [{ client_document_refused_hosts: ['fern.example'] }, fern, false],
    [{ client_document_refused_hosts: ['*.fern.example'] }, fern, true],
    [{ client_document_refused_hosts: ['*.example'] }, fern, false],
    [{ client_document_refused_hosts: ['ern.example'] }, fern, true],
    [{ client_documents: 'listed' }, fern, false],
    [{ client_documents: 'listed', client_document_hosts: ['fern.example'] }, fern, true],
    [
      { client_documents: 'listed', client_document_hosts: ['fern.example'] },
      'https://a.fern.example/c',
      false,
    ],
    [
      { client_documents: 'listed', client_document_hosts: ['*.fern.example'] },
      'https://a.b.fern.example:8443/c',
      true,
    ],
    [{ client_documents: 'listed', client_document_hosts: ['*.fern.example'] }, fern, false],
    [
      { client_documents: 'listed', client_document_hosts: ['*.fern.example'] },
      'https://evilfern.example/c',
      false,
    ],
    [
      {
        client_documents: 'listed',
        client_document_hosts: ['*.fern.example'],
        client_document_refused_hosts: ['a.fern.example'],
      },
      'https://a.fern.example/c',
      false,
    ],
    [{}, 'https://fern.example@evil.example/c', false],
    [{}, 'https://fern.example\\@evil.example/c', false],
    [{}, 'https://fern.example', false],
    [{}, 'http://localhost/c', false],
    [{}, 'https://FERN.example/c', false],
  ])('%j: %s, %s', async (settings, client_url, allowed) => {
    const at = await taking(settings);
    expect(await nextOf(at, client_url)).toBe(allowed ? 'document' : 'unknown_client');
    expect((await store(at, client_url)).row.error).toBe(allowed ? null : 'unknown_client');
  });

  test('a tenant is new without documents, and hosts are names', async () => {
    const at = await makeTenant(world.database, 'new');
    expect(await nextOf(at, fern)).toBe('unknown_client');
    for (const host of ['FERN.example', 'https://fern.example', '*', 'a.*.example', ''])
      await expect(configure(at, { client_document_hosts: [host] })).rejects.toThrow(
        'must be a list of host names',
      );
  });

  test('a host that is refused later is refused at the next request, and what it has stays', async () => {
    const at = await taking();
    await store(at);
    const user = await makeUser(at, 'ada');
    const tokens = await obtainTokens(at, client, user);
    await configure(at, { client_document_refused_hosts: ['fern.example'] });
    expect(await nextOf(at, fern)).toBe('unknown_client');
    const next = await rotate(at, client, tokens.refresh);
    expect(next.row.error).toBeNull();
    await operate(at, ops.client_disable, { client_id: fern, disabled: true });
    expect((await rotate(at, client, next.refresh)).row.error).toBe('invalid_client');
  });

  test('a client that is disabled stays so, however often its document is fetched and the janitor comes', async () => {
    const at = await taking();
    await store(at);
    await operate(at, ops.client_disable, { client_id: fern, disabled: true });
    await age(at, fern, '1 year');
    await callAll(world.database.janitor, ops.expired_delete, { table: 'clients' });
    expect(await nextOf(at, fern)).toBe('unknown_client');
    expect((await store(at)).row.error).toBe('unknown_client');
  });

  test('a document takes nothing over that an operator registered', async () => {
    const at = await taking();
    const added = operate(at, ops.client_add, {
      client_id: fern,
      metadata: { name: 'Fern', token_endpoint_auth_method: 'none', redirect_uris: [redirect_uri] },
    });
    await expect(added).rejects.toMatchObject({ code: 'OA003' });
    // One from before there were documents.
    await store(at);
    await world.database.sql`
      update pgrant.clients set document_fetched_at = null, document_expires_at = null,
             registered_at = null, expires_at = null where tenant_id = ${at.tenant}`;
    expect(await nextOf(at, fern)).toBe('login');
    expect((await store(at, fern, { name: 'Evil' })).row.error).toBe('unknown_client');
  });
});
