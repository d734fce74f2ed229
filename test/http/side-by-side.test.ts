// Two sign-ins that are begun at once, in a browser that has no cookie of ours: both end well (RFC 9700 4.7).
import Cookies from 'cookies';
import * as client from 'openid-client';
import { describe, expect, test, vi } from 'vitest';
import { discover, proceed, redirect_uri, startAcme } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { begin, comeBack, startCompany, visit } from '../support/company.ts';
import { comeBack as comeBackFromProduct, startAtProduct } from '../support/product-flow.ts';
import { chooseUpstream } from '../support/upstream.ts';

const pkce = {
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
};
const codeOf = ({ url }: { url: string }) => new URL(url).searchParams.get('code');

describe('side by side', () => {
  test('with a password, each by GET and by POST', async () => {
    const acme = await startAcme();
    const config = await discover(acme, acme.web);
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri,
      scope: 'openid',
      prompt: 'consent',
      ...pkce,
    });
    const post = { method: 'POST', body: url.searchParams };
    for (const sent of [{}, post]) {
      const browser = new Browser();
      const target = sent === post ? url.origin + url.pathname : url;
      const begun = await Promise.all([browser.fetch(target, sent), browser.fetch(target, sent)]);
      const pages = await Promise.all(
        begun.map((response) =>
          browser.open(new URL(response.headers.get('location') ?? '', acme.origin)),
        ),
      );
      for (const page of pages) {
        expect(page.html).toContain('name="password"');
        expect(codeOf(await proceed(browser, page))).toMatch(/^pgrant_ac_/);
      }
    }
  });

  test('at an upstream', async () => {
    const company = await startCompany();
    const browser = new Browser();
    const pages = await Promise.all([begin(company, browser), begin(company, browser)]);
    const theres = [];
    for (const page of pages) theres.push(await chooseUpstream(browser, page, 'company'));
    for (const there of theres) {
      expect(codeOf(await comeBack(browser, await visit(there, 'grace')))).toMatch(/^pgrant_ac_/);
    }
  });

  test("on the product's own page", async () => {
    const at = await startAtProduct();
    const browser = new Browser();
    const begun = await Promise.all([at.start({}, browser), at.start({}, browser)]);
    for (const { challenge } of begun) {
      const { body } = await at.accept(challenge, { sub: 'grace-1', username: 'grace' });
      expect(codeOf(await comeBackFromProduct(browser, body.redirect_to))).toMatch(/^pgrant_ac_/);
    }
  });

  test('names that are new with each request are not asked of a parser that keeps them (cookies 0.9.2)', async () => {
    const acme = await startAcme();
    const config = await discover(acme, acme.web);
    const url = client.buildAuthorizationUrl(config, { redirect_uri, scope: 'openid', ...pkce });
    const asked = vi.spyOn(Cookies.prototype, 'get');
    const browser = new Browser();
    await browser.open(url);
    await browser.open(url);
    const names = asked.mock.calls.map(([name]) => String(name));
    asked.mockRestore();
    expect(names).toContain('pgrant_browser');
    expect(names.filter((name) => /\d|\./.test(name))).toEqual([]);
  });

  test('a request of one browser is still none of another', async () => {
    const acme = await startAcme();
    const config = await discover(acme, acme.web);
    const url = client.buildAuthorizationUrl(config, { redirect_uri, scope: 'openid', ...pkce });
    const page = await new Browser().open(url);
    const other = new Browser();
    await other.open(url);
    expect((await other.open(page.url)).status).toBe(400);
  });
});
