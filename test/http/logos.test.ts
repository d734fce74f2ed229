// Logos: fetched by the worker and never by a page, shown from here, of those whom the tenant vouches for.
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call, callAll } from '../../src/db/call.ts';
import { createLog } from '../../src/log.ts';
import { fetchLogos } from '../../src/outbound/logos.ts';
import { loadConfig } from '../../src/settings/config.ts';
import { type Acme, discover, obtainTokens, redirect_uri, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { startHost } from '../support/document-host.ts';
import { gif, pixel, png } from '../support/images.ts';
import { addClient, addTenant } from '../support/issuer.ts';
import { configure } from '../support/registering.ts';

let acme: Acme;
let host: Awaited<ReturnType<typeof startHost>>;

beforeAll(async () => {
  acme = await startAcme();
  host = await startHost();
});

const shas = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const image = (body: Buffer, type = 'image/png') => ({ headers: { 'content-type': type }, body });

/** What the task `logos` does; a server at a public address asks no loopback one. */
const work = (publicUrl = acme.origin) =>
  fetchLogos({
    config: { ...loadConfig({}), publicUrl },
    database: acme.database.worker,
    log: createLog('silent'),
  });

const name = (client_id: string, logo_uri: string | null) =>
  call(acme.database.worker, ops.client_set, {
    tenant: acme.tenant,
    client_id,
    settings: { logo_uri },
  });

const listed = async (logo_uri: string) => {
  const rows = await callAll(acme.database.worker, ops.logo_list, { tenant: acme.tenant });
  return rows.find((row) => row.logo_uri === logo_uri);
};

/** The page of an authorization request of a client. */
async function signInPage(client_id: string, to = redirect_uri) {
  const query = new URLSearchParams({
    client_id,
    redirect_uri: to,
    response_type: 'code',
    scope: 'openid',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  return (await new Browser().open(`${acme.issuer}/oauth/authorize?${query}`)).html;
}

const shown = (html: string) =>
  [...html.matchAll(/<img[^>]* src="([^"]*)"/g)].map(([, src]) => src);
const at = (digest: string) => `${new URL(acme.issuer).pathname}/oauth/logo/${digest}`;

describe('a logo', () => {
  test('of a client is on its pages once the worker has fetched it, from here; until then there are initials', async () => {
    const logo_uri = host.publish('/web.png', image(pixel));
    await name('web', logo_uri);
    expect(shown(await signInPage('web'))).toEqual([]);
    expect(await signInPage('web')).toMatch(/<span class="logo" aria-hidden="true">\w+<\/span>/);
    expect(host.asked).not.toContain('/web.png');
    await work();
    expect(shown(await signInPage('web'))).toEqual([at(shas(pixel))]);
    expect(host.asked.filter((path) => path === '/web.png')).toHaveLength(1);
    const browser = new Browser();
    await obtainTokens(await discover(acme, acme.web), {}, browser);
    const { html } = await browser.open(`${acme.issuer}/oauth/account`);
    expect(shown(html)).toEqual([at(shas(pixel))]);
  });

  test('is served by its digest for good, by the type of its bytes, and does nothing by itself', async () => {
    const response = await fetch(new URL(at(shas(pixel)), acme.origin));
    expect(Buffer.from(await response.arrayBuffer()).equals(pixel)).toBe(true);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'cache-control': 'public, max-age=31536000, immutable',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    });
  });

  test('of the tenant is on every page', async () => {
    const { tenant, issuer } = await addTenant(acme.database, acme.origin, 'club');
    const bytes = gif(20, 10);
    const logo_uri = host.publish('/club.gif', image(bytes, 'text/html'));
    await configure({ ...acme, tenant }, { logo_uri });
    await work();
    const [row] = await callAll(acme.database.worker, ops.logo_list, { tenant });
    expect(row).toMatchObject({ logo_uri, media_type: 'image/gif', size: bytes.length });
    const { html } = await new Browser().open(`${issuer}/account`);
    expect(shown(html)).toEqual([`/club/oauth/logo/${shas(bytes)}`]);
  });

  test('is unknown at another tenant, and by anything but a digest', async () => {
    const { issuer } = await addTenant(acme.database, acme.origin, 'other');
    const paths = [shas(pixel), shas(pixel).toUpperCase(), '..%2fweb.png', 'a'.repeat(64)];
    const unknown = await fetch(new URL(at('a'.repeat(64)), acme.origin));
    expect(unknown.status).toBe(404);
    for (const path of paths) {
      const response = await fetch(`${issuer}/oauth/logo/${path}`);
      expect(response.status).toBe(404);
    }
  });

  test('that nobody names any more is forgotten', async () => {
    await name('web', null);
    await work();
    expect(await listed(`${host.origin}/web.png`)).toBeUndefined();
    expect((await fetch(new URL(at(shas(pixel)), acme.origin))).status).toBe(404);
  });

  test('goes with its tenant', async () => {
    const [row] = await acme.database.sql`
      select confdeltype from pg_constraint where conrelid = 'pgrant.logos'::regclass and contype = 'f'`;
    expect(row?.confdeltype).toBe('c');
  });
});

describe('what is fetched is refused', () => {
  const big = Buffer.concat([png(10, 10), Buffer.alloc(64 * 1024)]);
  test.each([
    [
      'where it is SVG',
      image(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/svg+xml'),
      'no PNG, JPEG, WebP or GIF',
    ],
    [
      'where it is HTML by the name of a PNG',
      image(Buffer.from('<script>alert(1)</script>')),
      'no PNG, JPEG, WebP or GIF',
    ],
    ['where it is larger than 64 KiB', image(big), 'too large'],
    ['where it unpacks to gigabytes', image(png(60_000, 60_000)), 'more than 2048 pixels'],
    ['where it is a redirect', { status: 302, headers: { location: '/web.png' } }, 'redirect'],
    ['where it is not there', { status: 404, body: pixel }, 'status 404'],
  ])('%s', async (what, answer, reason) => {
    const logo_uri = host.publish(`/${createHash('sha256').update(what).digest('hex')}`, answer);
    await name('web', logo_uri);
    await work();
    const row = await listed(logo_uri);
    expect(row).toMatchObject({ fetched_at: null, media_type: null });
    expect(row?.last_error).toContain(reason);
    expect(shown(await signInPage('web'))).toEqual([]);
  });

  test('where it never ends, and meanwhile the pages and the other logos wait for nothing', {
    timeout: 30_000,
  }, async () => {
    let open = 0;
    const logo_uri = host.publish('/drip.png', (_, answer) => {
      open += 1;
      answer.writeHead(200, { 'content-type': 'image/png' });
      const bytes = setInterval(() => answer.write(pixel.subarray(0, 1)), 100);
      answer.on('close', () => {
        clearInterval(bytes);
        open -= 1;
      });
    });
    const beside = host.publish('/beside.png', image(png(12, 12)));
    await name('web', logo_uri);
    await name('native', beside);
    const fetching = work();
    await expect.poll(() => open).toBe(1);
    await expect.poll(async () => (await listed(beside))?.fetched_at).toBeTruthy();
    expect(shown(await signInPage('web'))).toEqual([]);
    expect(open).toBe(1);
    await fetching;
    expect((await listed(logo_uri))?.last_error).toContain('timeout');
    await expect.poll(() => open).toBe(0);
    await name('native', null);
  });

  test('of which a tenant has many that never end, while those of another are fetched', {
    timeout: 30_000,
  }, async () => {
    let asked = 0;
    const many = Array.from({ length: 40 }, (_, n) => `/tarpit-${n}.png`);
    const uris = many.map((path) =>
      host.publish(path, () => {
        asked += 1;
      }),
    );
    await Promise.all(
      uris.map((_, n) =>
        addClient(acme.database, acme.tenant, `tarpit-${n}`, {
          logo_uri: uris[n],
          redirect_uris: [redirect_uri],
        }),
      ),
    );
    const beside = host.publish('/of-another.png', image(png(14, 14)));
    const other = await addTenant(acme.database, acme.origin, 'beside');
    const fetching = work();
    await expect.poll(() => asked).toBe(4);
    await call(acme.database.worker, ops.tenant_set, {
      tenant: other.tenant,
      settings: { logo_uri: beside },
    });
    await fetching;
    expect(asked).toBeLessThan(12);
    const [row] = await callAll(acme.database.worker, ops.logo_list, { tenant: other.tenant });
    expect(row?.fetched_at).toBeTruthy();
    await Promise.all(many.map((_, n) => name(`tarpit-${n}`, null)));
    await acme.database.sql`delete from pgrant.logos where logo_uri like '%/tarpit-%'`;
  });

  test('where it is at an address of special use, by a server at a public one [RFC 6890]', async () => {
    const logo_uri = host.publish('/private.png', image(pixel));
    await name('web', logo_uri);
    await work('https://id.example.com');
    expect(host.asked).not.toContain('/private.png');
    expect((await listed(logo_uri))?.last_error).toContain('not an https address');
  });

  test('and what was there stays while its server is down', async () => {
    const logo_uri = host.publish('/stays.png', image(pixel));
    await name('web', logo_uri);
    await work();
    host.publish('/stays.png', { status: 503 });
    const due = () => acme.database.sql`update pgrant.logos set check_after = now()`;
    await due();
    await work();
    expect((await listed(logo_uri))?.last_error).toContain('status 503');
    expect(shown(await signInPage('web'))).toEqual([at(shas(pixel))]);
    await acme.database.sql`update pgrant.logos set fetched_at = now() - interval '31 days'`;
    await due();
    await work();
    expect(shown(await signInPage('web'))).toEqual([]);
  });
});

describe('of a client that nobody vouches for', () => {
  test('no logo is shown or fetched, not by the URL of another’s either, unless the tenant says so [RFC 7591 5]', async () => {
    const mine = host.publish('/bank.png', image(pixel));
    await name('web', mine);
    await addClient(acme.database, acme.tenant, 'stranger', { redirect_uris: [redirect_uri] });
    await name('stranger', mine);
    await acme.database.sql`
      update pgrant.clients
         set registered_at = now(), expires_at = now() + interval '1 day', registration_token_hash = sha256('x')
       where client_id = 'stranger'`;
    await work();
    expect(shown(await signInPage('web'))).toHaveLength(1);
    expect(shown(await signInPage('stranger'))).toEqual([]);
    await name('stranger', host.publish('/stranger.png', image(gif(5, 5))));
    await work();
    expect(host.asked).not.toContain('/stranger.png');
    await configure(acme, { unverified_logos: true });
    await work();
    expect(shown(await signInPage('stranger'))).toEqual([at(shas(gif(5, 5)))]);
  });
});
