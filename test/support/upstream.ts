// Upstreams of a tenant, and the way of a person through one.

import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { sealSecrets } from '../../src/identity-providers/identity-providers.ts';
import { Browser, type Page } from './browser.ts';
import type { TestDatabase } from './database.ts';
import { secret } from './issuer.ts';

/** Adds an upstream to a tenant, its secrets sealed as the command line seals them. */
export async function addUpstream(
  database: TestDatabase,
  tenant: string,
  name: string,
  kind: 'oidc' | 'oauth2' | 'discord',
  settings: Record<string, unknown>,
  secrets: { client_secret?: string; bot_token?: string },
) {
  await call(database.worker, ops.upstream_add, {
    tenant,
    name,
    kind,
    settings,
    sealed_secrets: sealSecrets(secret, tenant, name, secrets),
  });
}

/** Follows "Continue with …" of a login page to the upstream; gives the address there. */
export async function chooseUpstream(browser: Browser, page: Page, name: string): Promise<URL> {
  const link = new RegExp(`href="([^"]*/oauth/upstream/start\\?upstream=${name}&amp;[^"]*)"`);
  const path = link.exec(page.html)?.[1]?.replaceAll('&amp;', '&');
  if (!path) throw new Error(`no link to ${name} in: ${page.html.slice(0, 2000)}`);
  const response = await browser.fetch(new URL(path, page.url));
  const location = response.headers.get('location');
  if (!location) throw new Error(`${response.status}: ${(await response.text()).slice(0, 2000)}`);
  return new URL(location);
}

export { Browser };
