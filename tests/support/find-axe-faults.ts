import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * The faults of a page that axe calls serious or critical, each with a few of its elements. `onlyColors` runs the rule of
 * contrast only: no other rule depends on the colours of the page.
 */
export async function findAxeFaults(page: Page, { onlyColors = false } = {}): Promise<unknown> {
  await page.evaluate(axe);
  const rules = onlyColors ? ", runOnly: ['color-contrast']" : '';
  return page.evaluate(
    `axe.run(document, { resultTypes: ['violations']${rules} }).then(({ violations }) => violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => id + ' ' + nodes.map(({ html }) => html).slice(0, 3).join(' ')))`,
  );
}
