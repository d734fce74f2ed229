// The developer portal: how an application is used, how often it may come, and the flow tried from its page.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, insecure, password, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { idIn, pathOf, portalOf, secretIn, web } from '../support/developer.ts';
import { addUser } from '../support/issuer.ts';

let acme: Acme;
let portal: ReturnType<typeof portalOf>;

beforeAll(async () => {
  acme = await startAcme();
  portal = portalOf(acme);
  for (const name of ['dora', 'eve']) {
    await addUser(acme.database, acme.tenant, name, password, {});
  }
  await portal.set({ developer_portal: true, developer_quota: 100 });
});

const open = (browser: Browser, id: string, more = '') =>
  browser.open(`${acme.issuer}${pathOf(id, more)}`);

/** An application of dora, which works for everybody. */
async function active(kind: string, fields = web) {
  const browser = new Browser();
  const made = await portal.bring(browser, 'dora', kind, fields);
  const [id, secret] = [idIn(made), secretIn(made)];
  await acme.database.sql`update pgrant.clients set draft = false where client_id = ${id}`;
  return { browser, id, secret };
}

const rate = (client_id: string, token_rate: number | null) =>
  call(acme.database.worker, ops.client_set, {
    tenant: acme.tenant,
    client_id,
    settings: { token_rate },
  });

const ask = (id: string, secret: string) =>
  fetch(`${acme.issuer}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });

describe('the rate of an application', () => {
  test('is the tenant’s for what developers bring, and bounds the token endpoint exactly [RFC 6585 4]', async () => {
    await portal.set({ developer_token_rate: 50 });
    const { id, secret } = await active('machine', [['name', 'Export']]);
    const [stored] = await acme.database.sql`
      select token_rate from pgrant.clients where client_id = ${id}`;
    expect(stored?.token_rate).toBe(50);
    await rate(id, 3);
    const answers = await Promise.all(Array.from({ length: 7 }, () => ask(id, secret)));
    const statuses = answers.map(({ status }) => status).toSorted();
    // The minute may have ended among them.
    const granted = statuses.filter((status) => status === 200).length;
    expect([3, 4, 5, 6]).toContain(granted);
    const refused = answers.find(({ status }) => status === 429);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused?.json()).toMatchObject({ error: 'temporarily_unavailable' });
    await rate(id, null);
    expect((await ask(id, secret)).status).toBe(200);
  });

  test('is not used up by whoever has not the secret', async () => {
    const { id, secret } = await active('machine', [['name', 'Export']]);
    await rate(id, 2);
    for (let at = 0; at < 5; at += 1) expect((await ask(id, 'wrong')).status).toBe(401);
    expect((await ask(id, secret)).status).toBe(200);
  });

  test('of a public client is of each address, so that nobody uses it up for others', async () => {
    const { id } = await active('app');
    await rate(id, 1);
    const [client_a, client_b] = ['192.0.2.1', '198.51.100.1'];
    const counted = await acme.database.sql`
      select encode(pgrant_rules.rate_key(${acme.tenant}, c, a.address::inet), 'hex') as key
        from pgrant_rules.client_find(${acme.tenant}, ${id}) c, unnest(array[${client_a}, ${client_b}]) a (address)`;
    expect(new Set(counted.map(({ key }) => key)).size).toBe(2);
  });

  test('costs nothing where there is none: no counter is written', async () => {
    const before = await acme.database.sql`select count(*)::int from pgrant.counters`;
    const config = await client.discovery(
      new URL(acme.issuer),
      acme.web.client_id,
      acme.web.client_secret,
      undefined,
      insecure,
    );
    await client.clientCredentialsGrant(config);
    expect(await acme.database.sql`select count(*)::int from pgrant.counters`).toEqual(before);
  });
});

describe('usage', () => {
  test('is a chart and a table, with each refusal and what helps', async () => {
    const { id, secret, browser } = await active('web');
    await portal.flow(id, secret, 'eve');
    await expect(portal.flow(id, `${secret}x`, 'eve')).rejects.toMatchObject({
      error: 'invalid_client',
    });
    const asked = new Browser();
    const elsewhere = new URLSearchParams({
      client_id: id,
      redirect_uri: 'https://evil.example/<b>',
      response_type: 'code',
    });
    await asked.open(`${acme.issuer}/oauth/authorize?${elsewhere}`);
    const page = await open(browser, id, '/usage');
    expect(page.html).toMatch(/<svg role="img" aria-labelledby="chart"/);
    expect(page.html).toMatch(/<rect class="granted"[^>]*height="\d+"/);
    expect(page.html).toMatch(/<rect class="refused"/);
    expect(page.html).toContain('Check the application ID and the secret');
    expect(page.html).toContain('exactly as it is sent, character by character');
    expect(page.html).toContain('https://evil.example/&lt;b&gt;');
    expect(page.html).not.toContain('style=');
    const week = await open(browser, id, '/usage?days=7');
    expect(week.html.match(/viewBox="0 0 (\d+) /)?.[1]).toBe(String(168 * 4));
  });

  test('counts an identity assertion that was issued or redeemed', async () => {
    const { id } = await active('web');
    const { sql } = acme.database;
    await sql`
      insert into pgrant.audit_events (tenant_id, action, client_id)
      select ${acme.tenant}, a.action, ${id}
        from unnest(array['identity_assertion.issue', 'identity_assertion.redeem']) a (action)`;
    const [counted] = await sql`
      select sum((h.hour ->> 'granted')::integer)::integer as granted
        from pgrant_rules.developer_hours(${acme.tenant}, ${id}, 2) d, jsonb_array_elements(d.hours) h (hour)`;
    expect(counted).toEqual({ granted: 2 });
  });

  test('of somebody else’s application is not there', async () => {
    const { id } = await active('app');
    const page = await portal.openAs(new Browser(), pathOf(id, '/usage'), 'eve');
    expect(page.status).toBe(404);
  });

  test('names scopes that were asked for in vain, and why', async () => {
    const { id, secret, browser } = await active('machine', [['name', 'Export']]);
    const body = new URLSearchParams({ grant_type: 'client_credentials', scope: 'nowhere' });
    await fetch(`${acme.issuer}/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
      body,
    });
    const page = await open(browser, id, '/usage');
    expect(page.html).toContain('There is no such scope here.');
  });
});

describe('the flow', () => {
  test('is tried from the page where the portal’s own page is a redirect URI, and its code redeems once [RFC 7636]', async () => {
    const answer = `${acme.issuer}/oauth/developer/answer`;
    const { id, secret, browser } = await active('web', [
      ['name', 'Notes'],
      ['redirect_uris', answer],
      ['scopes', 'openid'],
    ]);
    const shown = await open(browser, id);
    expect(shown.html).toContain('Try the flow');
    const consent = await open(browser, id, '/try');
    const page = await browser.submit(consent, { decision: 'allow' });
    expect(page.html).toContain('This is what the application gets');
    const field = (name: string) =>
      new RegExp(`${name}=&#39;?([\\w.-]+)|${name}=([\\w.-]+)`).exec(page.html);
    const [code, code_verifier] = ['code', 'code_verifier'].map(
      (name) => field(name)?.[1] ?? field(name)?.[2] ?? '',
    );
    const redeem = () =>
      fetch(`${acme.issuer}/oauth/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          code: String(code),
          redirect_uri: answer,
          code_verifier: String(code_verifier),
        }),
      });
    expect(await (await redeem()).json()).toMatchObject({ access_token: expect.any(String) });
    expect((await redeem()).status).toBe(400);
    const denied = await browser.submit(await open(browser, id, '/try'), { decision: 'deny' });
    expect(denied.html).toContain('that it gets nothing, and why');
    expect(denied.html).toContain('access_denied');
  });

  test('is not there for an application without that redirect URI, nor its answer for somebody else', async () => {
    const { id, browser } = await active('web');
    expect((await open(browser, id)).html).not.toContain('Try the flow');
    expect((await open(browser, id, '/try')).status).toBe(400);
    const forged = await portal.openAs(
      new Browser(),
      `/oauth/developer/answer?state=${id}&code=x`,
      'eve',
    );
    expect(forged.status).toBe(404);
  });
});

describe('snippets', () => {
  const run = promisify(execFile);
  const decoded = (text: string) =>
    text
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&#92;', '\\')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&');

  /** What the page of an application tells, and how it goes when it is pasted as it is. */
  async function told(kind: string) {
    const fields: [string, string][] =
      kind === 'machine'
        ? [
            ['name', 'Export'],
            ['scopes', 'export'],
          ]
        : web;
    const { id, secret, browser } = await active(kind, fields);
    const { html } = await open(browser, id);
    const snippets = [...html.matchAll(/<pre[^>]*><code>([\s\S]*?)<\/code>/g)].map(
      ([, text = '']) => decoded(text),
    );
    const env = { ...process.env, CLIENT_SECRET: secret };
    const node = async (text: string, shown: string) => {
      const script = `${text}\nconsole.log(${shown});`;
      const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
        env,
      });
      return stdout.trim();
    };
    const shell = async (text: string) => {
      const script = text.replaceAll('CLIENT_SECRET', secret).replace('curl', 'curl --silent');
      return JSON.parse((await run('/bin/sh', ['-c', script])).stdout);
    };
    return { id, snippets, node, shell };
  }

  test('of a machine get a token as they are', { timeout: 30_000 }, async () => {
    const { tenant, database } = acme;
    await call(database.worker, ops.scope_add, { tenant, scope: 'export', title: 'Export' });
    const { snippets, node, shell } = await told('machine');
    expect(snippets).toHaveLength(2);
    expect(await shell(snippets[0] ?? '')).toMatchObject({ token_type: 'Bearer', scope: 'export' });
    expect(await node(snippets[1] ?? '', 'tokens.token_type, tokens.scope')).toBe('bearer export');
  });

  test('are there where an admin has let the application ask for any scope', async () => {
    const { tenant, database } = acme;
    const answer = `${acme.issuer}/oauth/developer/answer`;
    const { id, browser } = await active('web', [...web, ['redirect_uris', answer]]);
    const settings = { scopes: null, redirect_uris: [answer] } as never;
    await call(database.worker, ops.client_set, { tenant, client_id: id, settings });
    for (const more of ['', '/edit', '/usage', '/try']) {
      expect([more, (await open(browser, id, more)).status]).toEqual([more, 200]);
    }
    expect((await open(browser, id)).html).toContain('scope: &quot;openid&quot;');
  });

  test.each(['web', 'app'])(
    'of an application of kind %s send people to sign in as they are',
    { timeout: 30_000 },
    async (kind) => {
      const { id, snippets, node, shell } = await told(kind);
      expect(snippets).toHaveLength(4);
      const [curl = '', openid = '', mcp = '', n8n = ''] = snippets;
      expect(await shell(curl)).toMatchObject({ issuer: acme.issuer });
      const page = await new Browser().open(await node(openid, 'url.href'));
      expect([page.status, page.html.includes('to continue to <strong><bdi>Notes</bdi>')]).toEqual([
        200,
        true,
      ]);
      expect(await node(mcp, 'authProvider.clientInformation().client_id')).toBe(id);
      expect(n8n).toContain(`${acme.issuer}/oauth/authorize`);
      expect(n8n).toContain(`Client ID: ${id}`);
    },
  );
});
