// A tenant whose people sign in at a product, and the steps of a browser between the two.
import * as client from 'openid-client';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, discover, redirect_uri, startAcme } from './acme.ts';
import { Browser, type Page } from './browser.ts';
import { type Answer, type Product, startProduct } from './product.ts';

export type AtProduct = Acme & {
  product: Product;
  config: client.Configuration;
  /** Sends a browser to the authorization endpoint; it ends up at the product. */
  start: (parameters?: Record<string, string>, browser?: Browser) => Promise<Started>;
  accept: (challenge: string, claims?: Record<string, unknown>) => Promise<Answer>;
  set: (settings: Record<string, unknown>) => Promise<unknown>;
};
export type Started = { browser: Browser; page: Page; url: URL; challenge: string };

const verifier = client.randomPKCECodeVerifier();

/** Starts the tenant acme with a product and the role editor. */
export async function startAtProduct(): Promise<AtProduct> {
  const acme = await startAcme();
  const product = await startProduct();
  const { tenant, database, issuer } = acme;
  const set: AtProduct['set'] = (settings) =>
    call(database.worker, ops.tenant_set, { tenant, settings: settings as never });
  await set({ login_url: product.login_url, login_jwks: product.jwks });
  await call(database.worker, ops.role_add, { tenant, role: 'editor', title: 'Edit' });
  const config = await discover(acme, acme.web);

  async function start(parameters: Record<string, string> = {}, browser = new Browser()) {
    const page = await browser.open(
      client.buildAuthorizationUrl(config, {
        redirect_uri,
        scope: 'openid profile',
        state: 's',
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...parameters,
      }),
    );
    const url = new URL(page.url);
    return { browser, page, url, challenge: url.searchParams.get('login_challenge') ?? '' };
  }

  const accept: AtProduct['accept'] = (challenge, claims = {}) =>
    product.answer(challenge, 'accept', issuer, { claims });
  return { ...acme, product, config, start, accept, set };
}

/** Brings the browser back, and allows where that is asked for. */
export async function comeBack(browser: Browser, redirectTo: unknown): Promise<Page> {
  const page = await browser.open(String(redirectTo));
  return page.html.includes('name="decision"') ? browser.submit(page, { decision: 'allow' }) : page;
}

/** Redeems the code that the browser was sent to the client with. */
export async function tokensOf({ config }: Pick<AtProduct, 'config'>, { url }: Page) {
  const tokens = await client.authorizationCodeGrant(config, new URL(url), {
    pkceCodeVerifier: verifier,
    expectedState: 's',
  });
  return { ...tokens, claims: tokens.claims() };
}
