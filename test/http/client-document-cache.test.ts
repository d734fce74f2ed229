// Client ID Metadata Documents over the wire: how long each is believed.
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Acme, proceed, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { goodClient, request, startHost } from '../support/document-host.ts';
import { configure } from '../support/registering.ts';

let acme: Acme;
let host: Awaited<ReturnType<typeof startHost>>;

beforeAll(async () => {
  acme = await startAcme();
  host = await startHost();
  await configure(acme, { client_documents: 'open', registered_consent: 'remember' });
});

/** Makes the document of a client as old as it would be after the interval. */
const age = (client_id: string, interval: string) => acme.database.sql`
  update pgrant.clients set document_expires_at = document_expires_at - ${interval}::interval where client_id = ${client_id}`;

describe('what is remembered [section 5.2, RFC 9111]', () => {
  const countOf = (path: string) => host.asked.filter((asked) => asked === path).length;
  const ask = async (client_id: string, more = {}) =>
    (await request(new Browser(), acme.issuer, client_id, more)).status;

  test.each([
    ['max-age=600', 600],
    ['public, s-maxage=900, max-age=600', 900],
    ['no-store,no-cache,max-age=0', 60],
    ['max-age=99999999', 86_400],
  ])('a document with %s is fresh for %i seconds', async (cacheControl, seconds) => {
    const path = `/fresh/${seconds}`;
    const client_id = host.client(path, {}, { 'cache-control': cacheControl });
    expect([await ask(client_id), await ask(client_id)]).toEqual([200, 200]);
    await age(client_id, `${seconds - 30} seconds`);
    expect(await ask(client_id)).toBe(200);
    expect(countOf(path)).toBe(1);
    await age(client_id, '31 seconds');
    expect(await ask(client_id)).toBe(200);
    expect(countOf(path)).toBe(2);
  });

  test('a failure is not: the next request tries again', async () => {
    const client_id = host.publish('/late.json', { status: 503 });
    expect([await ask(client_id), await ask(client_id)]).toEqual([400, 400]);
    host.client('/late.json');
    expect(await ask(client_id)).toBe(200);
    expect(countOf('/late.json')).toBe(3);
  });

  test('a stale document is not used for a new request while its host is down', async () => {
    const client_id = host.client('/down.json');
    expect(await ask(client_id)).toBe(200);
    host.publish('/down.json', { status: 500 });
    expect(await ask(client_id)).toBe(200);
    await age(client_id, '1 day');
    expect(await ask(client_id)).toBe(400);
  });

  test('a redirect URI that the document no longer lists is refused from the next fetch on', async () => {
    const second = 'https://fern.example/callback';
    const client_id = host.client('/shrinks.json', {
      redirect_uris: [goodClient.redirect_uris[0], second],
    });
    expect(await ask(client_id, { redirect_uri: second })).toBe(200);
    host.client('/shrinks.json');
    expect(await ask(client_id, { redirect_uri: second })).toBe(200);
    await age(client_id, '1 day');
    expect(await ask(client_id, { redirect_uri: second })).toBe(400);
    expect(await ask(client_id)).toBe(200);
  });

  test('requests that come together share one fetch', async () => {
    const client_id = `${host.origin}/busy.json`;
    const counted = async () => {
      const [row] = await acme.database.sql`select sum(attempts)::int as n from pgrant.counters`;
      return row?.n ?? 0;
    };
    const before = await counted();
    const all = new Promise<void>((resolve) => {
      host.publish('/busy.json', async (_, response) => {
        while ((await counted()) < before + 8) await delay(50);
        await delay(200);
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ client_id, ...goodClient }));
        resolve();
      });
    });
    const statuses = await Promise.all(Array.from({ length: 8 }, () => ask(client_id)));
    await all;
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(countOf('/busy.json')).toBe(1);
  });

  test('a consent is asked for again where the document has another name or another redirect URI [section 8.4]', async () => {
    const client_id = host.client('/renamed.json');
    const browser = new Browser();
    const consentShown = async () => {
      let page = await request(browser, acme.issuer, client_id);
      if (page.html.includes('name="password"')) {
        page = await browser.submit(page, { username: 'ada', password: 'correct horse' });
      }
      const shown = page.html.includes('name="decision"');
      expect((await proceed(browser, page)).url).toContain('code=');
      return shown;
    };
    const change = async (metadata: object) => {
      host.client('/renamed.json', metadata);
      await age(client_id, '1 day');
      return consentShown();
    };
    expect([await consentShown(), await consentShown()]).toEqual([true, false]);
    expect(await change({ client_name: 'Moss' })).toBe(true);
    expect(await change({ client_name: 'Moss', contacts: ['ada@fern.example'] })).toBe(false);
    const redirect_uris = [...goodClient.redirect_uris, 'https://fern.example/callback'];
    expect(await change({ client_name: 'Moss', redirect_uris })).toBe(true);
  });
});
