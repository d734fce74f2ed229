// HEAD and OPTIONS, which scanners of links and browsers send by themselves: nothing happens.
import type * as client from 'openid-client';
import { beforeAll, describe, expect, test } from 'vitest';
import { routes } from '../../src/app.ts';
import { type Acme, discover, obtainTokens, redirect_uri, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { authorizeUrl, push, requested } from '../support/pushing.ts';

let acme: Acme;
let config: client.Configuration;
/** Somebody is signed in to it, and has allowed the client what is asked for. */
let browser: Browser;
let id_token_hint: string;

beforeAll(async () => {
  acme = await startAcme();
  config = await discover(acme, acme.web);
  browser = new Browser();
  const { id_token } = await obtainTokens(config, { scope: 'openid email' }, browser);
  id_token_hint = id_token ?? '';
});

const asked = () => ({ ...requested(redirect_uri), scope: 'openid email', prompt: 'none' });

/** How many rows each table has. */
async function rows() {
  const { sql } = acme.database;
  const tables = await sql`
    select relname from pg_class where relnamespace = 'pgrant'::regnamespace and relkind in ('r', 'p')`;
  const counted = tables.map(async ({ relname }) => {
    const [row] = await sql`select count(*) from pgrant.${sql(relname)}`;
    return [relname, Number(row?.count)] as const;
  });
  return Object.fromEntries(await Promise.all(counted));
}

const pathOf = (path: string) =>
  path.replace('*page', 'clients').replace('*operation', 'clients').replace(/:\w+/, 'web');

/** Asks at an endpoint for whatever could have an effect there. */
async function send(method: string, path: string) {
  const query = new URLSearchParams({ ...asked(), client_id: acme.web.client_id, id_token_hint });
  return browser.fetch(`${acme.issuer}${pathOf(path)}?${query}`, { method, redirect: 'manual' });
}

describe.each(routes.map(([methods, path]) => ({ methods, path })))(
  '$methods $path',
  ({ methods, path }) => {
    test('HEAD is that of GET where it is a method, and else 405 with what is one [RFC 9110 9.3.2, 15.5.6]', async () => {
      const before = await rows();
      const answer = await send('HEAD', path);
      expect(await answer.text()).toBe('');
      expect(answer.headers.get('set-cookie')).toBeNull();
      expect(await rows()).toEqual(before);
      if (methods.includes('HEAD')) {
        const { status, headers } = await send('GET', path);
        expect(answer.status).toBe(status);
        expect(answer.headers.get('content-type')).toBe(headers.get('content-type'));
      } else {
        const said = (answer.headers.get('allow') ?? '').split(', ');
        expect(answer.status).toBe(405);
        expect(said).toEqual(expect.arrayContaining(methods));
        expect(said).not.toContain('HEAD');
      }
    });

    test('OPTIONS has no effect [RFC 9110 9.3.7]', async () => {
      const before = await rows();
      const answer = await send('OPTIONS', path);
      expect([200, 204]).toContain(answer.status);
      expect(answer.headers.get('set-cookie')).toBeNull();
      expect(answer.headers.get('location')).toBeNull();
      expect(await answer.text()).toBe('');
      expect(await rows()).toEqual(before);
    });
  },
);

test('a pushed request of which somebody sends HEAD is answered with a code all the same [RFC 9126 4]', async () => {
  const { request_uri = '' } = await push(acme.issuer, { ...asked(), ...acme.web });
  const pushed = { client_id: acme.web.client_id, request_uri };
  const url = `${acme.issuer}/oauth/authorize?${new URLSearchParams(pushed)}`;
  const head = await browser.fetch(url, { method: 'HEAD', redirect: 'manual' });
  expect([head.status, head.headers.get('location')]).toEqual([405, null]);
  expect(new URL((await browser.open(url)).url).searchParams.get('code')).toBeTruthy();
});

test('HEAD signs nobody out', async () => {
  await send('HEAD', '/oauth/logout');
  const url = authorizeUrl(acme.issuer, { ...asked(), client_id: acme.web.client_id });
  expect(new URL((await browser.open(url)).url).searchParams.get('code')).toBeTruthy();
});
