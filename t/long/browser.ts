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
import { place } from '../../tools/site/frame.ts';
import { write_pages } from '../../tools/site/pages.ts';
import type { Language } from '../../tools/site/words.ts';
import { folder, installed, type Test } from '../harness.ts';

const command = ['chromium', 'chromium-browser', 'google-chrome'].find(installed);

/** Why a test that needs a browser is skipped, or false. */
export const needs_browser = command === undefined ? 'no Chromium is installed' : false;

/** How a page is to be opened. */
export interface View {
  width?: number;
  scheme?: 'light' | 'dark';
  hash?: string;
  language?: Language;
  /** An address, where it is not a page of our own. */
  url?: string;
}

/** The pages of our own, opened from the file system. */
export interface Browser {
  /** Opens one. Whatever its console says of errors is kept in `errors`. */
  open(page: 'reader' | 'talk', view?: View): Promise<Page>;
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
    async open(name, { width = 1280, scheme = 'light', hash = '', language = 'en', url } = {}) {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
      page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); });
      page.on('pageerror', (error) => { errors.push(error.message); });
      await page.goto(url ?? pathToFileURL(join(dir, place(`${name}.html`, language))).href + hash);
      return page;
    },
  };
}

/**
 * What covers what in the pictures of a page, as a reader sees them: texts that lie on each other, and lines through texts.
 *
 * @param page the page
 * @returns the texts
 */
export function collisions(page: Page): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll('svg')].flatMap((svg) => {
    const box = (shape) => {
      const { left, right, top, bottom } = shape.getBoundingClientRect();
      return { left: left + 1, right: right - 1, top: top + 3, bottom: bottom - 3, text: shape.textContent };
    };
    const texts = [...svg.querySelectorAll('text')].map(box);
    const lines = [...svg.querySelectorAll('line')].map((line) => {
      const { left, right, top, bottom } = line.getBoundingClientRect();
      return { left, right, top, bottom, text: 'a line' };
    });
    const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    const edge = svg.getBoundingClientRect();
    const out = texts.filter(({ left, right }) => left < edge.left - 1 || right > edge.right + 1)
      .map(({ text }) => text + ' sticks out');
    return out.concat(texts.flatMap((a, i) =>
      [...texts.slice(i + 1), ...lines].filter((b) => meet(a, b)).map((b) => a.text + ' and ' + b.text)));
  })`);
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
