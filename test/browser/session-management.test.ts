// A client asks a frame of pgrant whether the browser is signed in as it was, in Chromium.
import * as client from 'openid-client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ops } from '../../src/db/bindings.ts';
import { call } from '../../src/db/call.ts';
import { type Acme, startAcme } from '../support/acme.ts';
import { type Application, signIn, startApplication } from '../support/application.ts';
import { hasChromium, launch, openPage } from '../support/chromium.ts';

describe.skipIf(!hasChromium)('in Chromium', () => {
  let acme: Acme;
  let browser: Browser;
  let app: Application;

  const switchTo = (session_management: boolean) =>
    call(acme.database.worker, ops.tenant_set, {
      tenant: acme.tenant,
      settings: { session_management },
    });

  beforeAll(async () => {
    acme = await startAcme();
    await switchTo(true);
    browser = await launch();
  });

  beforeEach(async () => {
    app = await startApplication(acme);
  });

  afterAll(() => browser?.close());

  /** What the frame says to a page of `from`. */
  async function ask(page: Page, message: unknown, from = app.origin): Promise<string> {
    await page.goto(`${from}/page`);
    const frame = String(app.config.serverMetadata().check_session_iframe);
    return page.evaluate(`new Promise((resolve) => {
      const iframe = document.createElement('iframe');
      iframe.src = ${JSON.stringify(frame)};
      addEventListener('message', ({ data, source }) => {
        if (source === iframe.contentWindow) resolve(data);
      });
      iframe.onload = () =>
        iframe.contentWindow.postMessage(${JSON.stringify(message)}, new URL(iframe.src).origin);
      document.body.append(iframe);
    })`);
  }

  const stateOf = (callback: URL) => callback.searchParams.get('session_state') ?? '';
  const idOf = ({ config }: Application) => config.clientMetadata().client_id;

  test('it is unchanged while the person is signed in, and changed after a logout [Session Management 3.1, 3.2]', async () => {
    const { page, complaints } = await openPage(browser);
    const { callback, tokens } = await signIn(page, app);
    expect(stateOf(callback)).toMatch(/^[0-9a-f]{64}\.[\w-]+$/);
    const message = `${idOf(app)} ${stateOf(callback)}`;
    expect(await ask(page, message)).toBe('unchanged');
    const other = await startApplication(acme);
    await signIn(page, other);
    expect(await ask(page, message)).toBe('unchanged');
    const url = client.buildEndSessionUrl(app.config, { id_token_hint: tokens.id_token ?? '' });
    await page.goto(url.href);
    expect(await ask(page, message)).toBe('changed');
    expect(complaints).toEqual([]);
  });

  test('it is changed after another sign-in', async () => {
    const { page } = await openPage(browser);
    const { callback } = await signIn(page, app);
    const again = await signIn(page, app, { prompt: 'login' });
    expect(await ask(page, `${idOf(app)} ${stateOf(callback)}`)).toBe('changed');
    expect(await ask(page, `${idOf(app)} ${stateOf(again.callback)}`)).toBe('unchanged');
  });

  test('it is changed for another client, and for another origin [Session Management 3.2]', async () => {
    const { page } = await openPage(browser);
    const { callback } = await signIn(page, app);
    const other = await startApplication(acme);
    const message = `${idOf(app)} ${stateOf(callback)}`;
    expect(await ask(page, message, other.origin)).toBe('changed');
    expect(await ask(page, `${idOf(other)} ${stateOf(callback)}`)).toBe('changed');
  });

  test.each([
    ['nothing', ''],
    ['no session_state', 'app'],
    ['no salt', `app ${'a'.repeat(64)}`],
    ['no hash', 'app nothing.salt'],
    ['an object', { client_id: 'app' }],
    ['null', null],
  ])('a message with %s is an error [Session Management 3.1]', async (_name, message) => {
    const { page } = await openPage(browser);
    expect(await ask(page, message)).toBe('error');
  });

  test('an error tells session_state where somebody is signed in, and login_required tells none', async () => {
    const { page } = await openPage(browser);
    await signIn(page, app);
    const begin = async (prompt: string) => {
      const url = client.buildAuthorizationUrl(app.config, {
        redirect_uri: `${app.origin}/callback`,
        scope: 'openid nonsense',
        prompt,
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256',
      });
      await page.goto(url.href);
      return new URL(page.url());
    };
    const refused = await begin('login');
    expect(refused.searchParams.get('error')).toBe('invalid_scope');
    expect(await ask(page, `${idOf(app)} ${stateOf(refused)}`)).toBe('unchanged');
    await page.context().clearCookies({ name: 'pgrant_session' });
    const url = client.buildAuthorizationUrl(app.config, {
      redirect_uri: `${app.origin}/callback`,
      scope: 'openid',
      prompt: 'none',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    await page.goto(url.href);
    expect(new URL(page.url()).searchParams.get('error')).toBe('login_required');
    expect(stateOf(new URL(page.url()))).toBe('');
    expect(await ask(page, `${idOf(app)} ${stateOf(refused)}`)).toBe('changed');
  });

  test('the cookie that frames read holds no part of the session, whose own no script reads', async () => {
    const { page } = await openPage(browser);
    await signIn(page, app);
    const cookies = await page.context().cookies(`${acme.issuer}/oauth/check-session`);
    const of = (wanted: string) => cookies.find(({ name }) => name === wanted);
    expect(of('pgrant_session')?.httpOnly).toBe(true);
    expect(of('pgrant_browser_state')?.httpOnly).toBe(false);
    expect(of('pgrant_session')?.value).not.toContain(of('pgrant_browser_state')?.value);
  });

  test('where the tenant has it not, nothing of it is there', async () => {
    await switchTo(false);
    const { page } = await openPage(browser);
    const plain = await startApplication(acme);
    const { callback } = await signIn(page, plain);
    expect(callback.searchParams.has('session_state')).toBe(false);
    const metadata = await (await fetch(`${acme.issuer}/.well-known/openid-configuration`)).json();
    expect(metadata).not.toHaveProperty('check_session_iframe');
    const cookies = await page.context().cookies(`${acme.issuer}/oauth/check-session`);
    expect(cookies.map(({ name }) => name)).not.toContain('pgrant_browser_state');
    await switchTo(true);
  });
});
