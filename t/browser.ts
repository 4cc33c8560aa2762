/**
 * What the tests of the pages share: a real Chromium, and the pages as the build makes them.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { write_pages } from '../tools/site-pages.ts';
import { folder, installed, type Test } from './harness.ts';

const command = ['chromium', 'chromium-browser', 'google-chrome'].find(installed);

/** Why a test that needs a browser is skipped, or false. */
export const needs_browser = command === undefined ? 'no Chromium is installed' : false;

/** How a page is to be opened. */
export interface View {
  width?: number;
  scheme?: 'light' | 'dark';
  hash?: string;
  /** An address, where it is not a page of our own. */
  url?: string;
}

/** The pages of our own, opened from the file system. */
export interface Browser {
  /** Opens one. Whatever its console says of errors is kept in `errors`. */
  open(page: 'reader' | 'eliza', view?: View): Promise<Page>;
  errors: string[];
}

/** Starts a browser that ends with the test. */
export async function start_browser(t: Test): Promise<Browser> {
  const dir = folder(t);
  write_pages(dir);
  const browser = await chromium.launch({ executablePath: `/usr/bin/${command ?? ''}`, args: ['--no-sandbox'] });
  t.teardown(() => browser.close());
  const errors: string[] = [];
  return {
    errors,
    async open(name, { width = 1280, scheme = 'light', hash = '', url } = {}) {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
      page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); });
      page.on('pageerror', (error) => { errors.push(error.message); });
      await page.goto(url ?? pathToFileURL(join(dir, `${name}.html`)).href + hash);
      return page;
    },
  };
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * Has axe look at a page.
 *
 * @param page the page
 * @param part a selector of the part to look at
 * @returns what is wrong with it
 */
export async function violations(page: Page, part = 'html'): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(`axe.run('${part}', { preload: false }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html)))`);
}
