// People at RabbitMQ's management UI, which signs them in by itself: its tags are their roles at pgrant.

import { password } from '../support/acme.ts';
import { launch, press } from '../support/chromium.ts';
import { freePort } from '../support/free-port.ts';

/** Where the recipe has the UI. */
const site = 'rabbit.example.com:15671';

export type Management = Awaited<ReturnType<typeof manage>>;

/** The management UI at a free port: its settings, and how ada signs in there. */
export async function manage() {
  const port = await freePort();
  return {
    settings: `management.ssl.ip = 127.0.0.1
management.ssl.port = ${port}
management.ssl.certfile = /etc/rabbitmq/tried.crt
management.ssl.keyfile = /etc/rabbitmq/tried.key
`,
    /** Whom the UI says that it sees, and whether it lets them administer; or its words to whoever may not see it. */
    signIn: async (): Promise<string> => {
      const browser = await launch([`--host-resolver-rules=MAP ${site} 127.0.0.1:${port}`]);
      try {
        // The authority of the test is nobody's in the browser.
        const context = await browser.newContext({ ignoreHTTPSErrors: true });
        const page = await context.newPage();
        await page.goto(`https://${site}/`);
        await press(page, 'Click here to log in');
        await page.getByLabel('Username').fill('ada');
        await page.getByLabel('Password').fill(password);
        await press(page, 'Sign in');
        await press(page, 'Allow');
        const person = page.locator('#logout', { hasText: 'User ' });
        const said = page.locator('p.warning');
        await person.or(said).first().waitFor();
        if (await said.count()) return await said.first().innerText();
        const tab = page.locator('#tabs li', { hasText: 'Admin' });
        await tab.waitFor();
        return `${(await person.innerText()).trim()}, ${await tab.innerText()}`;
      } finally {
        await browser.close();
      }
    },
  };
}
