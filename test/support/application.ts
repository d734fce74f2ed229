// An application with pages of its own, registered at acme, and what browsers asked it for.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as client from 'openid-client';
import type { Page } from 'playwright-core';
import { type Acme, discover, password } from './acme.ts';
import { atFileEnd } from './at-end.ts';
import { press, see } from './chromium.ts';
import { addClient } from './issuer.ts';

let count = 0;

export type Application = Awaited<ReturnType<typeof startApplication>>;

/** Starts one; its front-channel logout URI has a query of its own. */
export async function startApplication(acme: Acme) {
  const asked: URL[] = [];
  const server = createServer((request, response) => {
    asked.push(new URL(request.url ?? '', `http://${request.headers.host}`));
    response.setHeader('content-type', 'text/html').end('<h1>here</h1>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atFileEnd(() => server.close());
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  count += 1;
  const credentials = await addClient(acme.database, acme.tenant, `application-${count}`, {
    redirect_uris: [`${origin}/callback`],
    post_logout_redirect_uris: [`${origin}/goodbye`],
    frontchannel_logout_uri: `${origin}/logout?from=pgrant`,
  });
  return { origin, asked, config: await discover(acme, credentials) };
}

/** Signs ada in to the application, where she is not yet; gives the callback and the tokens. */
export async function signIn(
  page: Page,
  { config, origin, asked }: Application,
  parameters: Record<string, string> = {},
) {
  asked.length = 0;
  const verifier = client.randomPKCECodeVerifier();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: `${origin}/callback`,
    scope: 'openid',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...parameters,
  });
  await page.goto(url.href);
  if ((await page.getByLabel('Password').count()) > 0) {
    if ((await page.getByLabel('Username').inputValue()) === '') {
      await page.getByLabel('Username').fill('ada');
    }
    await page.getByLabel('Password').fill(password);
    await press(page, 'Sign in');
  }
  if ((await page.getByRole('button', { name: 'Allow' }).count()) > 0) await press(page, 'Allow');
  await see(page, 'here');
  const callback = asked.find(({ pathname }) => pathname === '/callback') as URL;
  const tokens = await client.authorizationCodeGrant(config, callback, {
    pkceCodeVerifier: verifier,
  });
  return { callback, tokens };
}
