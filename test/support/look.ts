// How a page looks to people: on a phone and on a desk, light and dark. With SHOTS=folder, pictures of it.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const folder = process.env.SHOTS;
if (folder) mkdirSync(folder, { recursive: true });

/** How many tables are wider than what they are in. */
const tablesOut = `[...document.querySelectorAll('table.rows')]
  .filter((one) => one.getBoundingClientRect().width > one.parentElement.clientWidth - 2 *
    parseFloat(getComputedStyle(one.parentElement).paddingInlineStart) + 1).length`;

/** The rules of axe that a page breaks, each with where. */
async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate<boolean>(`'axe' in window`))) await page.evaluate(axe);
  // What was kept is not described, nor sent here: of a long page that is megabytes.
  return page.evaluate<string[]>(`axe.run({ resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ' ' + nodes.map(({ target }) => target).join(' ')))`);
}

/** What a page gets wrong, in both themes, and whether it fits a phone. */
export async function look(page: Page, name: string): Promise<string[]> {
  const faults: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 760 });
      const wide = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      if (wide !== 0) faults.push(`${name} is ${wide} pixels too wide for ${width}`);
      const out = await page.evaluate<number>(tablesOut);
      if (out !== 0) faults.push(`${name} has ${out} tables that leave their card at ${width}`);
      if (folder) {
        const path = `${folder}/${name}-${width}-${colorScheme}.png`;
        await page.screenshot({ path, fullPage: true });
      }
      // Each theme once, each width once: axe takes longer than everything else.
      if ((colorScheme === 'light') === (width === 1280)) continue;
      faults.push(
        ...(await violations(page)).map((fault) => `${name}, ${colorScheme}, ${width}: ${fault}`),
      );
    }
  }
  return faults;
}
