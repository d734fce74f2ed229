// The developer portal as people use it without JavaScript.
import * as client from 'openid-client';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, insecure, password } from './acme.ts';
import { Browser, type Page } from './browser.ts';

export const redirect_uri = 'http://127.0.0.1:9999/callback';

/** A web application as a form describes it. */
export const web: [string, string][] = [
  ['name', 'Notes'],
  ['redirect_uris', `${redirect_uri}\r\nhttps://notes.example/callback`],
  ['scopes', 'openid'],
  ['scopes', 'email'],
];

export const idIn = ({ html }: Page) => /app-[0-9a-f-]{36}/.exec(html)?.[0] ?? '';
export const secretIn = ({ html }: Page) => /class="secret">([^<]*)</.exec(html)?.[1] ?? '';

/** The path of an application's page. */
export const pathOf = (client_id: string, more = '') =>
  `/oauth/developer/applications/${client_id}${more}`;

/** The state that a page of an application says. */
export const stateOf = ({ html }: Page) =>
  /<span class="tag[^"]*">([^<]*)<\/span><\/h1>/.exec(html)?.[1];

/** What developers of the tenant do. */
export function portalOf({ issuer, tenant, database }: Acme) {
  /** Opens a page, and signs in where it asks for that. */
  async function openAs(browser: Browser, path: string, username: string): Promise<Page> {
    const page = await browser.open(`${issuer}${path}`);
    if (!page.html.includes('autocomplete="current-password"')) return page;
    return browser.submit(page, { username, password });
  }

  /** Brings an application, and gives the page that answers. */
  async function bring(
    browser: Browser,
    username: string,
    kind: string,
    fields: [string, string][],
  ): Promise<Page> {
    const page = await openAs(browser, `/oauth/developer/new?kind=${kind}`, username);
    const csrf = /name="csrf" value="([^"]*)"/.exec(page.html)?.[1] ?? '';
    return browser.open(`${issuer}/oauth/developer/new`, {
      method: 'POST',
      body: new URLSearchParams([['csrf', csrf], ['kind', kind], ...fields]),
    });
  }

  /** What a code flow of an application comes to for somebody; secret undefined = a public client. */
  async function flow(client_id: string, secret: string | undefined, username: string) {
    const config = await client.discovery(
      new URL(issuer),
      client_id,
      secret,
      secret === undefined ? client.None() : undefined,
      insecure,
    );
    const browser = new Browser();
    const verifier = client.randomPKCECodeVerifier();
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri,
      scope: 'openid email',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const login = await browser.open(url);
    if (login.status !== 200) return { shown: login };
    let shown = await browser.submit(login, { username, password });
    if (shown.html.includes('name="decision"'))
      shown = await browser.submit(shown, { decision: 'allow' });
    if (!shown.url.startsWith(redirect_uri)) return { shown };
    const checks = { pkceCodeVerifier: verifier };
    const tokens = await client.authorizationCodeGrant(config, new URL(shown.url), checks);
    return { shown, tokens, config };
  }

  return {
    openAs,
    bring,
    flow,
    set: (settings: Record<string, string | number | boolean | null | string[]>) =>
      call(database.worker, ops.tenant_set, { tenant, settings }),
    /** What the audit says of an application, in its order. */
    actions: async (client_id: string) => {
      const rows = await database.sql`
        select action, error from pgrant.audit_events
         where tenant_id = ${tenant} and client_id = ${client_id} order by at, event_id`;
      return rows.map(({ action, error }) => (error === null ? action : `${action} ${error}`));
    },
  };
}
