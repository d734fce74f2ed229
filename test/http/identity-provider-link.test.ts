// Which user an account of an upstream is: said on purpose, by the person or an operator.
import { beforeAll, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { password } from '../support/acme.ts';
import { Browser } from '../support/browser.ts';
import { begin, type Company, startCompany, users, visit } from '../support/company.ts';
import { addUser } from '../support/issuer.ts';
import { chooseUpstream } from '../support/upstream.ts';

let company: Company;

beforeAll(async () => {
  company = await startCompany();
});

describe('linking', () => {
  test('is done by the signed-in person on purpose, and needs the token of the form', async () => {
    await addUser(company.acme.database, company.acme.tenant, 'lin', password);
    const browser = new Browser();
    const login = await begin(company, browser);
    await browser.submit(login, { username: 'lin', password });
    const account = await browser.open(`${company.acme.issuer}/oauth/account/sign-in`);
    const forged = await browser.open(`${company.acme.issuer}/oauth/upstream/link`, {
      method: 'POST',
      body: new URLSearchParams({ upstream: 'company' }),
    });
    expect(forged.status).toBe(403);
    const page = await browser.submit(account, {}, '/link');
    const url = /href="(http[^"]*)"/.exec(page.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const callback = await visit(new URL(url), 'joan');
    const linked = await browser.open(callback);
    expect(linked.html).toContain('connected');
    expect(await users(company, 'joan%')).toHaveLength(0);

    const fresh = new Browser();
    const there = await chooseUpstream(fresh, await begin(company, fresh), 'company');
    const consent = await fresh.open(await visit(there, 'joan'));
    expect(consent.html).toContain('lin');
  });

  test('needs a recent sign-in, as all that lets somebody in for good does', async () => {
    const { acme } = company;
    await addUser(acme.database, acme.tenant, 'old', password);
    const browser = new Browser();
    await browser.submit(await begin(company, browser), { username: 'old', password });
    const before = await browser.open(`${acme.issuer}/oauth/account/sign-in`);
    await acme.database.sql`
      update pgrant.sessions s set auth_time = s.auth_time - interval '11 minutes' from pgrant.users u
       where u.tenant_id = s.tenant_id and u.user_id = s.user_id and u.username = 'old'`;
    const after = await browser.open(`${acme.issuer}/oauth/account/sign-in`);
    expect(after.html).not.toContain('/upstream/link');
    expect(after.html).toContain('/sign-in-again?section=sign-in');
    const login = await browser.submit(before, {}, '/link');
    expect(login.html).toContain('name="password"');
    const [refused] = await acme.database.sql`
      select error from pgrant.audit_events where action = 'upstream.link' order by at desc limit 1`;
    expect(refused?.error).toBe('insufficient_user_authentication');
  });

  test("of an account that is another person's is refused", async () => {
    await addUser(company.acme.database, company.acme.tenant, 'eve', password);
    const browser = new Browser();
    await browser.submit(await begin(company, browser), { username: 'eve', password });
    const page = await browser.submit(
      await browser.open(`${company.acme.issuer}/oauth/account/sign-in`),
      {},
      '/link',
    );
    const url = /href="(http[^"]*)"/.exec(page.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect((await browser.open(await visit(new URL(url), 'joan'))).status).toBe(403);
  });

  test('by an operator needs nothing of the person', async () => {
    const { database, tenant } = company.acme;
    const [mary] = await database.sql`
      select user_id from pgrant.users where username = 'mary' and tenant_id <> ${tenant}`;
    const link = { tenant, name: 'company', subject: mary?.user_id, username: 'eve' };
    await call(database.worker, ops.upstream_link, link);
    const browser = new Browser();
    const there = await chooseUpstream(browser, await begin(company, browser), 'company');
    expect((await browser.open(await visit(there, 'mary'))).html).toContain('eve');
    await expect(
      call(database.worker, ops.upstream_link, { ...link, username: 'lin' }),
    ).rejects.toMatchObject({ code: 'OA002' });
    await call(database.worker, ops.upstream_unlink, link);
  });

  test('an account that nobody linked is refused where the upstream makes no users', async () => {
    await call(company.acme.database.worker, ops.upstream_set, {
      tenant: company.acme.tenant,
      name: 'company',
      settings: { just_in_time: false },
    });
    const browser = new Browser();
    const there = await chooseUpstream(browser, await begin(company, browser), 'company');
    const page = await browser.open(await visit(there, 'mary'));
    expect(page.status).toBe(403);
    expect(page.html).toContain('is not connected here');
    expect(await users(company, 'mary%')).toHaveLength(0);
  });

  test('a disabled user is not signed in, and a disabled upstream is not offered', async () => {
    await call(company.acme.database.worker, ops.user_disable, {
      tenant: company.acme.tenant,
      username: 'lin',
      disabled: true,
    });
    const browser = new Browser();
    const page = await begin(company, browser);
    const there = await chooseUpstream(browser, page, 'company');
    expect((await browser.open(await visit(there, 'joan'))).status).toBe(403);
    await call(company.acme.database.worker, ops.upstream_disable, {
      tenant: company.acme.tenant,
      name: 'company',
      disabled: true,
    });
    expect((await begin(company, new Browser())).html).not.toContain('Continue with');
    await expect(chooseUpstream(browser, page, 'company')).rejects.toThrow('404');
  });
});
