// The pages of a device (RFC 8628 3.3), as its person sees them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Acme, password, startAcme } from '../support/acme.ts';
import { hasChromium, launch, openPage, press, see } from '../support/chromium.ts';
import { addClient } from '../support/issuer.ts';

const grant = 'urn:ietf:params:oauth:grant-type:device_code';

describe.skipIf(!hasChromium)('a device is connected in a browser', () => {
  let acme: Acme;
  let browser: Awaited<ReturnType<typeof launch>>;
  let client_id: string;

  beforeAll(async () => {
    acme = await startAcme();
    browser = await launch();
    const tv = await addClient(acme.database, acme.tenant, 'tv', {
      name: 'Living room TV',
      token_endpoint_auth_method: 'none',
      application_type: 'native',
      grant_types: [grant],
      redirect_uris: [],
    });
    client_id = tv.client_id;
  });
  afterAll(() => browser.close());

  const post = async (path: string, form: Record<string, string>) => {
    const body = new URLSearchParams({ client_id, ...form });
    const response = await fetch(acme.issuer + path, { method: 'POST', body });
    return (await response.json()) as Record<string, string>;
  };

  test('and another that waits beside it, which the person ticks', async () => {
    await acme.database.sql`update pgrant.clients set device_codes_together = true`;
    const codes = await Promise.all([1, 2].map(() => post('/oauth/device_authorization', {})));
    const { page, complaints } = await openPage(browser, { javaScriptEnabled: false, width: 360 });
    await page.goto(codes[0]?.verification_uri_complete ?? '');
    await press(page, 'Continue');
    await page.getByLabel('Username').fill('ada');
    await page.getByLabel('Password').fill(password);
    await press(page, 'Sign in');
    const others = page.getByRole('group', { name: 'More codes wait for the same application' });
    const start = codes[1]?.user_code?.slice(0, 2);
    await others.getByLabel(`The code that begins with ${start}`).check();
    await press(page, 'Allow');
    await see(page, 'Your device is connected');
    for (const { device_code = '' } of codes) {
      const tokens = await post('/oauth/token', { grant_type: grant, device_code });
      expect(tokens).toMatchObject({ token_type: 'Bearer' });
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test.each([
    [true, 1280],
    [false, 360],
  ])('with JavaScript %s at %i pixels [RFC 8628 3.3]', async (javaScriptEnabled, width) => {
    const {
      device_code = '',
      user_code = '',
      verification_uri = '',
    } = await post('/oauth/device_authorization', { scope: 'openid profile' });
    const { page, complaints } = await openPage(browser, { javaScriptEnabled, width });
    await page.goto(verification_uri);
    await see(page, 'Connect a device');
    await page.getByLabel('Code').fill('XXXX-XXXX');
    await press(page, 'Continue');
    await page.getByText('This code is not known.').waitFor();
    await page.getByLabel('Code').fill(user_code.toLowerCase());
    await press(page, 'Continue');
    await page.getByLabel('Username').fill('ada');
    await page.getByLabel('Password').fill(password);
    await press(page, 'Sign in');
    await see(page, 'Allow Living room TV to use your account?');
    await page.getByText('Only allow this if you started it yourself').waitFor();
    await page.getByText('Asked for from').waitFor();
    await press(page, 'Allow');
    await see(page, 'Your device is connected');
    const tokens = await post('/oauth/token', { grant_type: grant, device_code });
    expect(tokens).toMatchObject({ token_type: 'Bearer', scope: 'openid profile' });
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
