// How a page looks to people: on a phone and on a desk, light and dark. With SHOTS=folder, pictures of it.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const folder = process.env.SHOTS;
if (folder) mkdirSync(folder, { recursive: true });

/** How many tables are wider than what they are in. */
const tablesOut = `[...document.querySelectorAll('table.rows')]
  .filter((one) => one.getBoundingClientRect().width > one.parentElement.clientWidth - 2 *
    parseFloat(getComputedStyle(one.parentElement).paddingInlineStart) + 1).length`;

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
      await page.evaluate(axe);
      const { violations } = await page.evaluate<AxeResults>('axe.run()');
      faults.push(
        ...violations.map(
          ({ id, nodes }) =>
            `${name}, ${colorScheme}, ${width}: ${id} ${nodes.map(({ target }) => target).join(' ')}`,
        ),
      );
    }
  }
  return faults;
}
