// A tenant whose people may sign in with another tenant of pgrant, the company: real on both sides.
import * as client from 'openid-client';
import { type Acme, discover, password, proceed, redirect_uri, startAcme } from './acme.ts';
import { Browser, type Page } from './browser.ts';
import { addClient, addTenant, addUser, startServer } from './issuer.ts';
import { addUpstream } from './upstream.ts';

const code_challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

export type Company = { acme: Acme; config: client.Configuration };

/** Grace, ada, joan, mary and jean have accounts at the company, which makes users just in time. */
export async function startCompany(): Promise<Company> {
  const acme = await startAcme();
  const config = await discover(acme, acme.web);
  const { origin } = await startServer(acme.database);
  const { tenant, issuer } = await addTenant(acme.database, origin, 'company');
  for (const name of ['grace', 'ada', 'joan', 'mary', 'jean']) {
    await addUser(acme.database, tenant, name, password, {
      name: `${name} of the company`,
      email: `${name}@example.com`,
      email_verified: true,
    });
  }
  const registered = await addClient(acme.database, tenant, 'acme', {
    redirect_uris: [`${acme.issuer}/oauth/upstream/callback/company`],
    grant_types: ['authorization_code', 'refresh_token'],
    consent: 'never',
  });
  await addUpstream(
    acme.database,
    acme.tenant,
    'company',
    'oidc',
    {
      title: 'The Company',
      issuer,
      client_id: 'acme',
      scopes: ['openid', 'profile', 'email', 'offline_access'],
      just_in_time: true,
    },
    { client_secret: registered.client_secret },
  );
  return { acme, config };
}

/** An authorization request of the tenant; gives its login page. */
export async function begin(
  { config }: Company,
  browser: Browser,
  change: Record<string, string> = {},
): Promise<Page> {
  const pkce = { code_challenge, code_challenge_method: 'S256' };
  const parameters = { redirect_uri, scope: 'openid profile email', ...pkce, ...change };
  return browser.open(client.buildAuthorizationUrl(config, parameters));
}

/** Signs in at the company as somebody; gives the address of the callback. */
export async function visit(there: URL, username: string, browser = new Browser()): Promise<URL> {
  let page = await browser.open(there);
  if (page.html.includes('name="password"')) {
    page = await browser.submit(page, { username, password });
  }
  return new URL(page.url);
}

/** Comes back from the company: to consent, and with it to a code. */
export async function comeBack(browser: Browser, callback: URL): Promise<Page> {
  return proceed(browser, await browser.open(callback));
}

/** Users of the tenant whose username is like this. */
export function users({ acme }: Company, where: string) {
  const { sql } = acme.database;
  return sql`select user_id, username, claims from pgrant.users
              where tenant_id = ${acme.tenant} and username like ${where}`;
}
