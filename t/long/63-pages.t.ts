/**
 * Every page of the site that is ours, in both languages, by axe: at 1280 and at 390 pixels, light and dark.
 *
 * A student learns that colours and widths multiply: what is tested in one of four ways is not tested in the others.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { read_guides } from '../../tools/site/guide.ts';
import { place } from '../../tools/site/frame.ts';
import { LANGUAGES } from '../../tools/site/words.ts';
import { needs_browser, start_browser, violations } from './browser.ts';
import { folder, root, run } from '../harness.ts';

void t.test('every page, in four ways', { skip: needs_browser }, async (t) => {
  const out = join(folder(t), 'site');
  const { status } = await run(process.execPath, [join(root, 'tools', 'site.js'), out]);
  t.equal(status, 0, 'the site is built');
  const browser = await start_browser(t);
  const page = await browser.open('talk');
  for (const language of LANGUAGES) {
    const chapters = read_guides()[language].map(({ name }) => name);
    for (const name of ['index', 'search', 'reader', 'talk', ...chapters]) {
      await page.goto(pathToFileURL(join(out, place(`${name}.html`, language))).href);
      for (const width of [1280, 390]) {
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.setViewportSize({ width, height: 900 });
          await page.emulateMedia({ colorScheme });
          const fits = await page.evaluate('document.documentElement.scrollWidth <= innerWidth');
          t.ok(fits, `${language}/${name}: nothing sticks out at ${width}`);
          t.same(await violations(page), [], `${language}/${name}: axe, ${width}, ${colorScheme}`);
        }
      }
    }
  }
  t.same(browser.errors, [], 'the console is silent');
});
