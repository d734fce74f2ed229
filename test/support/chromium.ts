// Debian's Chromium, where it is installed: its headless shell, which takes half as long, or the browser. Tests that need it are
// left out elsewhere.
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const programs = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];
const executablePath = process.env.CHROMIUM ?? programs.find((path) => existsSync(path)) ?? '';

export const hasChromium = existsSync(executablePath);

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launch(more: string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath, args: [...flags, ...more] });
}

type Options = { javaScriptEnabled?: boolean; width?: number };

/** A page in a new profile; `complaints` collects what its policy or its scripts ran into. */
export async function openPage(browser: Browser, { javaScriptEnabled, width }: Options = {}) {
  const context = await browser.newContext({
    javaScriptEnabled: javaScriptEnabled ?? true,
    viewport: { width: width ?? 1280, height: 700 },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) complaints.push(message.text());
  });
  return { page, complaints };
}

/** Presses a button by its name. */
export function press(page: Page, name: string): Promise<void> {
  return page.getByRole('button', { name, exact: true }).click();
}

/** Waits for the page with this heading. */
export function see(page: Page, name: string): Promise<void> {
  return page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
}
