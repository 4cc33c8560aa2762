/**
 * The site as `npm run docs` makes it: it is whole, every link and anchor of it leads somewhere, and a browser is content.
 *
 * A student learns that a link is a claim too.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import t from 'tap';
import { read_guides } from '../../tools/site/guide.ts';
import { place } from '../../tools/site/frame.ts';
import { LANGUAGES, type Language } from '../../tools/site/words.ts';
import { collisions, needs_browser, start_browser, violations } from './browser.ts';
import { folder, free_port, root, run, type Test } from '../harness.ts';

const out = join(folder(t), 'site');

void t.test('it is built without a warning', async (t) => {
  const { status, stdout, stderr } = await run(process.execPath, [join(root, 'tools', 'site.js'), out]);
  t.equal(status, 0, 'npm run docs succeeds');
  t.notMatch(stdout + stderr, /warning/i, 'no word of a warning');
});

void t.test('every link leads somewhere', (t) => {
  const pages = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(html|svg)$/.test(name));
  t.ok(pages.length > 200, `${pages.length} pages`);
  const texts = new Map(pages.map((name) => [join(out, name), readFileSync(join(out, name), 'utf8')]));
  const anchors = new Map([...texts].map(([file, html]) =>
    [file, new Set([...html.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id))]));
  for (const [file, html] of texts) {
    const links = [...html.replaceAll(/<script>[^]*?<\/script>/g, '').matchAll(/\b(?:href|src)="([^"]+)"/g)];
    const dead = links.map(([, link = '']) => link).filter((link) => {
      if (/^(https?|data):/.test(link)) return false;
      const [path = '', hash] = link.replaceAll('&amp;', '&').split('#');
      const target = path === '' ? file : resolve(dirname(file), decodeURIComponent(path.replace(/\?.*/, '')));
      if (!existsSync(target)) return true;
      return hash !== undefined && hash !== '' && !(anchors.get(target)?.has(decodeURIComponent(hash)) ?? false);
    });
    if (dead.length > 0) t.fail(`${file.slice(out.length)}: ${dead.join(' ')}`);
  }
  t.pass('none is dead');
  t.end();
});

void t.test('each colour of code is in the style', (t) => {
  const style = readFileSync(join(out, 'style.css'), 'utf8');
  const pages = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) => /^(?!api\/).*\.html$/.test(name));
  const used = new Set(pages.flatMap((name) =>
    [...readFileSync(join(out, name), 'utf8').matchAll(/<span class="(k\d+)"/g)].map(([, k = '']) => k)));
  t.ok(used.size > 5, `${used.size} colours`);
  for (const k of used) t.ok(style.includes(`.${k} {`), `${k}: what has it is not shown plain`);
  t.end();
});

/** Serves the site: a browser lets no page that was opened from a file use TypeDoc's icons. */
async function serve(t: Test): Promise<string> {
  const types: Record<string, string> = {
    '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml',
  };
  const server = createServer(({ url = '' }, response) => {
    const file = join(out, decodeURIComponent(new URL(url, 'http://localhost').pathname));
    const type = types[extname(file)];
    if (url === '/favicon.ico') response.writeHead(204).end(); // asked for by every browser
    else if (type === undefined || !existsSync(file)) response.writeHead(404).end();
    else response.writeHead(200, { 'Content-Type': type }).end(readFileSync(file));
  });
  const port = await free_port();
  await new Promise<void>((resolve) => { server.listen(port, '127.0.0.1', resolve); });
  t.teardown(() => { server.closeAllConnections(); });
  t.teardown(() => server.close());
  return `http://127.0.0.1:${port}`;
}

const at = (file: string): string => pathToFileURL(join(out, file)).href;
const guides = read_guides();
const fits = (page: Page): Promise<boolean> => page.evaluate('document.documentElement.scrollWidth <= innerWidth');

void t.test('in a browser, from the file system', { skip: needs_browser }, async (t) => {
  const browser = await start_browser(t);
  const open = (file: string, width = 1280): Promise<Page> => browser.open('reader', { url: at(file), width });

  const page = await open('index.html');
  for (const language of LANGUAGES) {
    for (const name of ['index', 'search', ...guides[language].map((chapter) => chapter.name)]) {
      const file = place(`${name}.html`, language);
      await page.emulateMedia({ media: 'screen' });
      await page.setViewportSize({ width: 390, height: 900 });
      await page.goto(at(file));
      t.equal(await page.evaluate('document.documentElement.lang'), language, `${file}: its language`);
      t.equal(await page.locator('pre', { hasText: /^\$ node tools\/compare\.js [\w.: -]+\n(?![^]*^\$ )/m }).count(), 0,
        `${file}: the program's parts are in columns, not in a session`);
      const others = LANGUAGES.filter((one) => one !== language).map((one) => `header a[hreflang=${one}]:not([href*=api])`);
      for (const other of others) t.equal(await page.locator(other).count(), 1, `${file}: a way to the other language`);
      t.ok(await fits(page), `${file}: nothing sticks out on a telephone`);
      t.same(await page.evaluate(`[...document.querySelectorAll('figure:has(svg)')]
        .filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.ariaLabel)`), [],
      `${file}: no picture is cut there`);
      const cut_tables = `[...document.querySelectorAll('.table')].filter((one) => one.scrollWidth > one.clientWidth).length`;
      t.equal(await page.evaluate(cut_tables), 0, `${file}: no table`);
      t.same(await page.evaluate(`[...document.querySelectorAll('figure:has(svg)')]
        .filter((one) => !/\\w/.test(one.innerText)).length`), 0, `${file}: and what each shows can be read`);
      await page.setViewportSize({ width: 1280, height: 900 });
      t.ok(await fits(page), `${file}: nor on a wide screen`);
      t.equal(await page.evaluate(cut_tables), 0, `${file}: where no table is cut either`);
      // In either scheme, and at both widths, all pages: t/long/63.
      t.same(await violations(page), [], `${file}: axe`);
      t.same(await collisions(page), [], `${file}: in its pictures no text lies on a line or on another`);
      await page.emulateMedia({ media: 'print' });
      await page.setViewportSize({ width: 703, height: 900 }); // A4 without its margins
      t.ok(await fits(page), `${file}: nothing is cut on paper`);
      t.notOk(await page.locator('.bar').isVisible(), `${file}: nor is there a bar`);
    }
  }

  await t.test('the way through the guide', async (t) => {
    for (const language of LANGUAGES) {
      const names = guides[language].map(({ name }) => name);
      const page = await open(place(`${names[0] ?? ''}.html`, language));
      const walked = [names[0]];
      for (;;) {
        const next = page.locator('a[rel=next]');
        if (await next.count() === 0) break;
        await next.click();
        walked.push(/([\w-]+)\.html/.exec(page.url())?.[1]);
        const current = await page.locator('.toc [aria-current]').getAttribute('href');
        t.match(page.url(), new RegExp(`${current ?? 'nothing'}$`), `${language}: the contents mark ${String(walked.at(-1))}`);
      }
      t.same(walked, names, `${language}: next, and next, leads through all pages`);
      await page.locator('a[rel=prev]').click();
      t.match(page.url(), `${names.at(-2) ?? ''}.html`, `${language}: and back`);
    }
  });

  await t.test('the other language is at the same place', async (t) => {
    // The transcript is another conversation, no translation.
    const both = guides.en.filter(({ name }) => name !== 'transcript'
      && guides.es.some((one) => one.name === name));
    t.ok(both.length >= 10, `${both.length} pages are in both`);
    const ids = (page: Page): Promise<string[]> =>
      page.evaluate('[...document.querySelectorAll("main h2")].map(({ id }) => id)');
    for (const { name } of both) {
      const page = await open(`${name}.html`);
      const headings = await ids(page);
      await page.evaluate(`document.getElementById(${JSON.stringify(headings.at(-1))})?.scrollIntoView()`);
      await page.locator('a.language').click();
      const url = new URL(page.url());
      t.match(url.pathname, new RegExp(`/es/${name}.html$`), `${name}: the same page`);
      t.same(await ids(page), headings, `${name}: with the same headings`);
      const scrolled = await page.evaluate('scrollY > 0');
      t.ok(!scrolled || headings.includes(url.hash.slice(1)), `${name}: at one of them`);
      await page.close();
    }
  });

  await t.test('the search', async (t) => {
    const search = async (words: string, language: Language = 'en'): Promise<string[]> => {
      const page = await open(place('index.html', language));
      await page.locator('header input[type=search]').fill(words);
      await page.keyboard.press('Enter');
      await page.waitForURL(/search\.html\?q=/);
      const found: string[] = await page.evaluate(`[...document.querySelectorAll('#results a')]
        .map((one) => one.getAttribute('href'))`);
      await page.close();
      return found;
    };
    const leads = async (words: string, to: RegExp, language?: Language): Promise<boolean> =>
      (await search(words, language)).some((href) => to.test(href));
    t.ok(await leads('zombie', /^(\d\d|exercises|reliability|errata)/), '"zombie" is found in the guide');
    t.ok(await leads('umask', /^reader\.html#daemon-become_daemon/), '"umask" at its line');
    t.equal((await search('reap_child'))[0], 'reader.html#daemon-reap_child', '"reap_child" first of all where it stands');
    t.ok(await leads('fork', /^api\/functions\//), '"fork" in the API');
    t.ok(await leads('privilegios', /^\.\.\/es\//, 'es'), 'in Spanish too');
    t.ok(await leads('bloquea senales', /./, 'es'), 'without accents');
    t.same(await search('xyzzyplugh'), [], 'and nothing where there is nothing');
  });

  await t.test('links to lines, errata and tests', async (t) => {
    const page = await open('index.html');
    await page.getByRole('link', { name: 'Daemon.pm:97' }).click();
    t.ok(await page.locator('.pair.lit #daemon-97').isVisible(), 'a line of the guide is lit on the reader page');
    const calls = await page.locator('.pair:has(#daemon-69) .calls').innerText();
    t.match(calls, /fork.*refuse_client/, 'which leads to what it calls');
    await page.locator('.pair:has(#daemon-69) .erratum').click();
    t.ok(await page.locator('tr#e24').isVisible(), 'an erratum’s number leads to its row');
    const rows: string[] = await page.evaluate('[...document.querySelectorAll("tr[id]")].map(({ id }) => id)');
    const numbers = readFileSync(join(root, 'docs', 'errata.md'), 'utf8').match(/^\| \d+(?= \|)/gm) ?? [];
    t.same(rows, numbers.map((text) => `e${text.slice(2)}`), 'as each number does');
    await page.locator('tr#e24 a', { hasText: 't/' }).first().click();
    t.match(await page.locator('h1').innerText(), /^t\/\d\d-.*\.t\.ts$/, 'and from there its test can be read');
  });

  await t.test('the charts', async (t) => {
    const charts = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.svg'));
    for (const name of charts) {
      const page = await browser.open('reader', { url: pathToFileURL(join(root, 'docs', name)).href });
      t.same(await collisions(page), [], `${name}: no label lies on another`);
      t.match(await page.locator('text').first().textContent(), '(logarithmic)', `${name}: it says that it is logarithmic`);
      await page.close();
    }
  });

  await t.test('the tables can be read', async (t) => {
    const page = await open('errata.html');
    const widths: number[] = await page.evaluate('[...document.querySelectorAll("tr#e24 td")].map((one) => one.offsetWidth)');
    t.ok(Math.max(...widths) < 500 && (widths[2] ?? 0) > 180, `at 1280 no column starves another: ${widths.join(', ')}`);
    await page.setViewportSize({ width: 390, height: 900 });
    const narrow: number[] = await page.evaluate('[...document.querySelectorAll("tr#e24 td")].map((one) => one.offsetWidth)');
    t.ok(Math.min(...narrow) > 300, 'at 390 each cell has the whole width');
    const label: string = await page.evaluate(
      'getComputedStyle(document.querySelector("tr#e24 td:nth-child(3)"), "::before").content');
    t.match(label, 'what happens in the Perl', 'and says what it is');
  });

  await t.test('the asides', async (t) => {
    for (const language of LANGUAGES) {
      const page = await open(place('12-daemon.html', language));
      const text = await page.locator('aside + p').boundingBox();
      const aside = await page.locator('aside').boundingBox();
      const beside = text && aside && aside.x >= text.x + text.width && Math.abs(aside.y - text.y) < 40;
      t.ok(beside, `${language}: stand in the margin`);
      await page.setViewportSize({ width: 390, height: 900 });
      const [below, above] = [await page.locator('aside + p').boundingBox(), await page.locator('aside').boundingBox()];
      t.ok(above && below && below.y >= above.y + above.height, `${language}: on a telephone, in the text`);
      await page.close();
    }
  });

  await t.test('the start page', async (t) => {
    for (const language of LANGUAGES) {
      const page = await open(place('index.html', language));
      const bottom: number = await page.evaluate('document.querySelector(".ways").getBoundingClientRect().bottom');
      t.ok(bottom <= 900, `${language}: what this is, in one screen: ${bottom}`);
      const look = await page.locator('.look').innerText();
      t.match(look, /sigprocmask[^]*Eliza:/, `${language}: two columns and a conversation`);
      t.match(look, /^\$ npm ci && node eliza_hup\.js \d+$/m, `${language}: the command`);
      t.equal(await page.locator('.ways h2').count(), 3, `${language}: a way for who reads, who studies, who runs it`);
      const sentences = await page.locator('#contents li small').allInnerTexts();
      t.same(sentences.filter((text) => text.length < 20), [], `${language}: each page has its sentence`);
      t.equal(await page.locator('#contents li').count(), guides[language].length, `${language}: and none is left out`);
    }
  });
  t.same(browser.errors, [], 'the console is silent');
});

void t.test('the API', { skip: needs_browser }, async (t) => {
  const site = await serve(t);
  const browser = await start_browser(t);
  const page = await browser.open('reader', { url: `${site}/api/functions/perl_fork.fork.html`, width: 390 });
  t.ok(await fits(page), 'nothing sticks out on a telephone');
  // Only what is ours: the frame around it is TypeDoc's.
  t.same(await violations(page, '.tsd-typography'), [], 'axe');
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.locator('#tsd-toolbar-links a', { hasText: 'The guide' }).click();
  t.match(page.url(), /\/index\.html$/, 'its bar leads back to the guide');
  t.same(browser.errors, [], 'the console is silent');
});
