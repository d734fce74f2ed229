import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { api, ops } from '../../src/db/bindings.ts';
import { ask, makeClient, operate, secret } from '../support/fixtures.ts';
import { newBrowser } from '../support/flows.ts';
import {
  enter,
  makeProduct,
  notes,
  obtainToken,
  type Place,
  type Presented,
  type Product,
  resource,
} from '../support/notes.ts';

let product: Product;
let acme: Place;
let bravo: Place;

beforeAll(async () => {
  product = await makeProduct();
  ({ acme, bravo } = product);
});

/** What the backend sees in one transaction with a token. */
function seen(
  tenant: string,
  token: Presented,
  named: Parameters<typeof enter>[3] = {},
): Promise<{ good: boolean; notes: string[] }> {
  return product.backend.begin(async (sql) => ({
    good: await enter(sql, tenant, token, named),
    notes: await notes(sql),
  }));
}

const nothing = { good: false, notes: [] };

describe('a policy of the customer', () => {
  test('shows to a token what is its person’s at its tenant', async () => {
    expect(await seen(acme.tenant, acme.token)).toEqual({ good: true, notes: ['ada at acme'] });
    expect(await seen(bravo.tenant, bravo.token)).toEqual({ good: true, notes: ['ada at bravo'] });
  });

  test('shows nothing where no token was entered, whoever asked before on the connection', async () => {
    expect(await notes(product.backend)).toEqual([]);
    await product.backend.begin(async (sql) => {
      expect(await enter(sql, acme.tenant, acme.token)).toBe(true);
    });
    expect(await notes(product.backend)).toEqual([]);
  });

  test('shows nothing of one tenant to the token of another', async () => {
    expect(await seen(bravo.tenant, acme.token)).toEqual(nothing);
    expect(await seen(randomUUID(), acme.token)).toEqual(nothing);
  });

  test('follows the token in a transaction that enters two, one after the other', async () => {
    await product.backend.begin(async (sql) => {
      await enter(sql, acme.tenant, acme.token);
      expect(await notes(sql)).toEqual(['ada at acme']);
      await enter(sql, bravo.tenant, bravo.token);
      expect(await notes(sql)).toEqual(['ada at bravo']);
      expect(await enter(sql, acme.tenant, bravo.token)).toBe(false);
      expect(await notes(sql)).toEqual([]);
    });
  });

  test('tells the token’s tenant, subject, client, scopes and expiry', async () => {
    const row = await product.backend.begin(async (sql) => {
      await enter(sql, acme.tenant, acme.token);
      const [found] = await sql`
        select pgrant_resource.tenant(), pgrant_resource.subject(), pgrant_resource.client_id(), pgrant_resource.scopes(),
               pgrant_resource.expires_at(), pgrant_resource.has_scope('notes'), pgrant_resource.has_scope('email') as other,
               pgrant_resource.has_scope(null) as none`;
      return found;
    });
    expect(row).toEqual({
      tenant: acme.tenant,
      subject: acme.ada.user_id,
      client_id: 'editor',
      scopes: ['openid', 'notes'],
      expires_at: new Date((acme.token.access_expires_at ?? 0) * 1000),
      has_scope: true,
      other: false,
      none: false,
    });
  });

  test('may take all of the token in one row', async () => {
    await product.backend.begin(async (sql) => {
      const mine = () => sql`
        select text from app.notes
         where (tenant_id, owner) = (select t.tenant_id, t.subject from pgrant_resource.token() t where 'notes' = any (t.scopes))`;
      expect(await mine()).toHaveLength(0);
      await enter(sql, acme.tenant, acme.token);
      expect(await mine()).toEqual([{ text: 'ada at acme' }]);
    });
  });

  test('tells null and false where there is no good token', async () => {
    const [row] = await product.backend`
      select pgrant_resource.tenant(), pgrant_resource.subject(), pgrant_resource.client_id(), pgrant_resource.scopes(),
             pgrant_resource.expires_at(), pgrant_resource.has_scope('notes')`;
    expect(row).toEqual({
      tenant: null,
      subject: null,
      client_id: null,
      scopes: null,
      expires_at: null,
      has_scope: false,
    });
  });

  test('lets nobody write in the name of another', async () => {
    const write = (tenant: string, owner: string) =>
      product.backend.begin(async (sql) => {
        await enter(sql, acme.tenant, acme.token);
        await sql`insert into app.notes values (${tenant}, ${owner}, 'hers')`;
        throw new Error('undone');
      });
    const refused = { code: '42501' };
    await expect(write(acme.tenant, acme.ada.user_id)).rejects.toThrow('undone');
    await expect(write(bravo.tenant, bravo.ada.user_id)).rejects.toMatchObject(refused);
    await expect(write(bravo.tenant, acme.ada.user_id)).rejects.toMatchObject(refused);
  });
});

describe('a token', () => {
  test('is good for the resource that it was given for, and for no other [RFC 8707 2.2, RFC 9068 4]', async () => {
    const good = { good: true, notes: ['ada at acme'] };
    expect(await seen(acme.tenant, acme.token, { resource: `${resource}/` })).toEqual(good);
    for (const other of ['https://api.example.com/mail', 'https://id.example/acme', null, '']) {
      expect(await seen(acme.tenant, acme.token, { resource: other }), `${other}`).toEqual(nothing);
    }
    const own = await obtainToken(acme, acme.client, acme.ada, { resources: [] });
    expect(await seen(acme.tenant, own)).toEqual(nothing);
    expect(await seen(acme.tenant, own, { resource: '' })).toEqual(nothing);
    for (const issuer of [null, 'https://id.example/acme']) {
      expect(await seen(acme.tenant, own, { resource: issuer })).toEqual(good);
    }
  });

  test('is only what its hash and its expiry find', async () => {
    const { access_hash, access_expires_at } = acme.token;
    for (const token of [
      { access_hash: secret(), access_expires_at },
      { access_hash, access_expires_at: (access_expires_at ?? 0) + 1 },
      { access_hash, access_expires_at: null },
      { access_hash: null as never, access_expires_at },
      { access_hash: Buffer.alloc(0), access_expires_at },
    ]) {
      expect(await seen(acme.tenant, token), JSON.stringify(token)).toEqual(nothing);
    }
  });

  test('of a client that acts for itself has the client for its subject, at its tenant', async () => {
    const robots = await Promise.all(
      [acme, bravo].map(async (place) => {
        const robot = await makeClient(place, 'robot', {
          grant_types: ['client_credentials'],
          scopes: ['notes'],
          redirect_uris: [],
          access_token_format: 'opaque',
        });
        const access_hash = secret();
        const asked = { scope: 'notes', resource, access_hash };
        const { access_expires_at } = await ask(place, api.client_credentials_issue, {
          ...robot,
          ...asked,
        });
        await product.database.sql`
          insert into app.notes values (${place.tenant}, 'robot', ${`robot ${place.tenant}`})`;
        return { tenant: place.tenant, token: { access_hash, access_expires_at } };
      }),
    );
    for (const { tenant, token } of robots) {
      expect(await seen(tenant, token)).toEqual({ good: true, notes: [`robot ${tenant}`] });
    }
  });

  test('of an API credential that is bound to networks is good from there only', async () => {
    const secret_hash = secret();
    const { credential_add } = await operate(acme, ops.credential_add, {
      username: 'ada',
      name: 'export',
      permissions: ['notes'],
      secret_hash,
      allowed_networks: ['192.0.2.0/24'],
    });
    const client_id = credential_add ?? '';
    const settings = { access_token_format: 'opaque' };
    await operate(acme, ops.client_set, { client_id, settings });
    const access_hash = secret();
    const { access_expires_at, error } = await ask(acme, api.client_credentials_issue, {
      client_id,
      auth_method: 'client_secret_basic',
      secret_hash,
      access_hash,
      resource,
    });
    expect(error).toBeNull();
    const token = { access_hash, access_expires_at };
    for (const [address, good] of [
      ['192.0.2.7', true],
      ['198.51.100.7', false],
      [undefined, false],
    ] as const) {
      const named = address === undefined ? {} : { address };
      expect((await seen(acme.tenant, token, named)).good, address).toBe(good);
    }
  });
});

describe('in a transaction that goes on, the rows are gone with the next statement when', () => {
  let token: Presented;
  let browser: ReturnType<typeof newBrowser>;

  beforeEach(async () => {
    browser = newBrowser();
    token = await obtainToken(acme, acme.client, acme.ada, { browser });
  });

  const client_id = 'editor';
  test.each<[string, () => Promise<unknown>, (() => Promise<unknown>)?]>([
    [
      'the person revokes the grant',
      async () => {
        const { consents } = await ask(acme, api.consent_list, browser);
        const [{ grant_id }] = consents as [{ grant_id: string }];
        return ask(acme, api.consent_revoke, { ...browser, grant_id });
      },
    ],
    [
      'the token is revoked [RFC 7009]',
      () => ask(acme, api.token_revoke, { ...acme.client, ...token }),
    ],
    [
      'its family is revoked',
      () => product.database.sql`update pgrant.token_families set revoked_at = now()`,
    ],
    [
      'the person is disabled',
      () => operate(acme, ops.user_disable, { username: 'ada', disabled: true }),
      () => operate(acme, ops.user_disable, { username: 'ada', disabled: false }),
    ],
    [
      'the person loses the role',
      () => operate(acme, ops.role_withdraw, { username: 'ada', role: 'notes' }),
      () => operate(acme, ops.role_assign, { username: 'ada', role: 'notes' }),
    ],
    [
      'the client is disabled',
      () => operate(acme, ops.client_disable, { client_id, disabled: true }),
      () => operate(acme, ops.client_disable, { client_id, disabled: false }),
    ],
    [
      'the tenant is disabled',
      () => operate(acme, ops.tenant_disable, { disabled: true }),
      () => operate(acme, ops.tenant_disable, { disabled: false }),
    ],
    [
      'the token’s row is gone',
      () =>
        product.database
          .sql`delete from pgrant.access_tokens where token_hash = ${token.access_hash}`,
    ],
  ])('%s', async (_, change, undo) => {
    try {
      await product.backend.begin(async (sql) => {
        await enter(sql, acme.tenant, token);
        expect(await notes(sql)).toEqual(['ada at acme']);
        await change();
        expect(await notes(sql)).toEqual([]);
      });
    } finally {
      await undo?.();
    }
  });

  test('the token expires, though the transaction began before', async () => {
    await operate(acme, ops.client_set, { client_id, settings: { access_token_lifetime: 1 } });
    const short = await obtainToken(acme, acme.client, acme.ada);
    await operate(acme, ops.client_set, { client_id, settings: { access_token_lifetime: null } });
    await product.backend.begin(async (sql) => {
      await enter(sql, acme.tenant, short);
      await sql`select pg_sleep(extract(epoch from to_timestamp(${short.access_expires_at}) - clock_timestamp()))`;
      expect(await notes(sql)).toEqual([]);
      expect(await sql`select pgrant_resource.subject()`).toEqual([{ subject: null }]);
    });
  });
});
