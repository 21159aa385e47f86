import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, firefox } from 'playwright-core';
import { root } from './start-gateway.ts';

const program = ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find(existsSync);
if (!program) console.info('Skipped: no Firefox was found to use the console with.');

/** False: tests with Firefox are skipped. */
export const hasFirefox = program !== undefined;

/** Starts the installed Firefox. Playwright controls it by WebDriver BiDi. */
export const openFirefox = (): Promise<Browser> =>
  firefox.launch({
    channel: 'moz-firefox',
    executablePath: join(root, 'tests/support/firefox-relay.mjs'),
    env: { ...process.env, FIREFOX_PATH: program },
    timeout: 300_000,
  });
