// RFC 9700 4.4: one upstream of a tenant that is hostile does not get the code of another.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as client from 'openid-client';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Acme, discover, redirect_uri, startAcme } from '../support/acme.ts';
import { atFileEnd } from '../support/at-end.ts';
import { Browser, type Page } from '../support/browser.ts';
import { auditOf } from '../support/fixtures.ts';
import { type Provider, startProvider } from '../support/provider.ts';
import { addUpstream, chooseUpstream } from '../support/upstream.ts';

const kinds = ['oidc', 'oauth2', 'discord'] as const;

let acme: Acme;
let config: client.Configuration;
let honest: Provider;
let hostile: Awaited<ReturnType<typeof startHostile>>;

beforeAll(async () => {
  acme = await startAcme();
  config = await discover(acme, acme.web);
  honest = await startProvider();
  Object.assign(honest, {
    iss: false,
    redirect_uri: `${acme.issuer}/oauth/upstream/callback/honest`,
  });
  hostile = await startHostile();
  await add('honest', 'oidc', honest.issuer);
  for (const kind of kinds) await add(`hostile-${kind}`, kind, hostile.issuer);
});

beforeEach(async () => {
  Object.assign(hostile, { onward: undefined, codes: [] });
  await acme.database.sql`delete from pgrant.sessions`;
});

/** Sends whoever comes on with the request of somebody else, and keeps the codes that it is brought. */
async function startHostile() {
  const state = { issuer: '', onward: undefined as URL | undefined, codes: [] as string[] };
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', state.issuer);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (pathname === '/authorize') {
      const onward = new URL(state.onward ?? `${searchParams.get('redirect_uri')}?code=own`);
      onward.searchParams.set('state', searchParams.get('state') ?? '');
      return response.writeHead(302, { location: onward.href }).end();
    }
    const answer = { issuer: state.issuer, ...endpointsOf(state.issuer), sub: 'its own', id: '1' };
    if (pathname === '/token') {
      const code = new URLSearchParams(Buffer.concat(chunks).toString()).get('code') ?? '';
      state.codes.push(code);
      Object.assign(answer, { access_token: 'at', token_type: 'Bearer' });
    }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atFileEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  state.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return state;
}

function endpointsOf(issuer: string) {
  return {
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/users/@me`,
  };
}

async function add(name: string, kind: (typeof kinds)[number], issuer: string) {
  const settings = { issuer, client_id: 'acme', just_in_time: true };
  const found = kind === 'oidc' ? { scopes: ['openid'] } : endpointsOf(issuer);
  const secrets = { client_secret: 'secret' };
  await addUpstream(acme.database, acme.tenant, name, kind, { ...settings, ...found }, secrets);
}

/** Begins at an upstream; gives where the browser is sent. */
async function depart(browser: Browser, upstream: string): Promise<URL> {
  const request = client.buildAuthorizationUrl(config, {
    redirect_uri,
    scope: 'openid',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  return chooseUpstream(browser, await browser.open(request), upstream);
}

/** Follows upstreams from one to the next, back to the callback. */
async function follow(there: URL): Promise<URL> {
  let at = there;
  while (!at.href.startsWith(acme.issuer)) {
    const { headers } = await fetch(at, { redirect: 'manual' });
    at = new URL(headers.get('location') ?? 'nowhere:');
  }
  return at;
}

const isSignedIn = (page: Page) =>
  page.html.includes('name="decision"') || page.url.startsWith(redirect_uri);
const sessions = () => acme.database.sql`select user_id from pgrant.sessions`;

describe.each(kinds)('a hostile upstream of kind %s', (kind) => {
  test('that sends the person on to another is brought no code of it, and nobody is signed in with one', async () => {
    const attacker = new Browser();
    const begun = await depart(attacker, 'honest');
    hostile.onward = new URL(begun);

    const victim = new Browser();
    const back = await follow(await depart(victim, `hostile-${kind}`));
    expect(back.searchParams.get('code')).toMatch(/^code-/);
    const page = await victim.open(back);

    const stolen = new URL(`${back.origin}${back.pathname}`);
    stolen.searchParams.set('code', hostile.codes[0] ?? 'none');
    stolen.searchParams.set('state', begun.searchParams.get('state') ?? '');
    expect(isSignedIn(await attacker.open(stolen)), 'the attacker is the victim').toBe(false);
    expect(await sessions()).toHaveLength(0);
    expect(hostile.codes).toEqual([]);
    expect(page.status).toBe(400);
    const told = (await auditOf(acme, 'upstream.resume')).filter(({ detail }) => detail);
    expect(told.at(-1)).toMatchObject({
      reason: 'state of one upstream at the redirect URI of another',
      // Those of a minute are one row, with what the first was.
      detail: { upstream: expect.stringMatching(/^hostile-/) },
    });
  });

  test('whose state comes with an error of another is refused as a state that is not known', async () => {
    const victim = new Browser();
    const there = await depart(victim, `hostile-${kind}`);
    const answer = (query: object) =>
      victim.open(
        `${honest.redirect_uri}?${new URLSearchParams({ error: 'access_denied', ...query })}`,
      );
    const page = await answer({ state: there.searchParams.get('state') ?? '' });
    const unknown = await answer({ state: there.searchParams.get('state')?.replace(/.$/, '_') });
    expect(page.status).toBe(400);
    expect(page.html).not.toContain('name="username"');
    expect(unknown.status).toBe(page.status);
  });
});

test('each upstream has a redirect URI of its own, in the request and for the code', async () => {
  const uris = new Set<string>();
  for (const upstream of ['honest', ...kinds.map((kind) => `hostile-${kind}`)]) {
    const uri = (await depart(new Browser(), upstream)).searchParams.get('redirect_uri') ?? '';
    expect(uri).toBe(`${acme.issuer}/oauth/upstream/callback/${upstream}`);
    uris.add(uri);
  }
  expect(uris.size).toBe(4);
});

test.each(['honest', 'hostile-oauth2', 'hostile-discord'])(
  'whoever comes back from %s to its own is signed in',
  async (upstream) => {
    const browser = new Browser();
    const page = await browser.open(await follow(await depart(browser, upstream)));
    expect(isSignedIn(page), page.html).toBe(true);
    expect(await sessions()).toHaveLength(1);
  },
);

test('no path without a name, and none with a text that is no name, takes an answer', async () => {
  const browser = new Browser();
  const bare = `${acme.issuer}/oauth/upstream/callback`;
  const { searchParams } = await follow(await depart(browser, 'honest'));
  expect((await browser.open(`${bare}?${searchParams}`)).status).toBe(404);
  for (const name of ['%00', '%', 'honest%20', 'HONEST', 'x'.repeat(1000)]) {
    const back = await follow(await depart(browser, 'honest'));
    const { status } = await browser.open(`${bare}/${name}${back.search}`);
    expect([400, 404], name).toContain(status);
  }
});
