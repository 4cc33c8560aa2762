/**
 * The site as `npm run docs` makes it: it is whole, every link and anchor of it leads somewhere, and a browser is content.
 *
 * A student learns that a link is a claim too.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join, resolve } from 'node:path';
import t from 'tap';
import { needs_browser, start_browser, violations } from '../browser.ts';
import { folder, free_port, root, run, type Test } from '../harness.ts';

const out = join(folder(t), 'site');

void t.test('it is built without a warning', async (t) => {
  const { status, stdout, stderr } = await run(process.execPath, [join(root, 'tools', 'site.js'), out]);
  t.equal(status, 0, 'npm run docs succeeds');
  t.notMatch(stdout + stderr, /warning/i, 'no word of a warning');
});

void t.test('every link leads somewhere', (t) => {
  const pages = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(html|svg)$/.test(name));
  t.ok(pages.length > 30, `${pages.length} pages`);
  const texts = new Map(pages.map((name) => [join(out, name), readFileSync(join(out, name), 'utf8')]));
  const anchors = new Map([...texts].map(([file, html]) =>
    [file, new Set([...html.matchAll(/\b(?:id|name)="([^"]+)"/g)].map(([, id]) => id))]));
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

void t.test('in a browser', { skip: needs_browser }, async (t) => {
  const site = await serve(t);
  const browser = await start_browser(t);
  const documents = readdirSync(join(out, 'documents')).map((name) => join('documents', name));
  for (const name of ['index.html', ...documents]) {
    const page = await browser.open('reader', { url: `${site}/${name}`, width: 390 });
    const fits = await page.evaluate('document.documentElement.scrollWidth <= innerWidth');
    t.ok(fits, `${name}: nothing sticks out on a telephone`);
    // Only what is ours: the frame around it is TypeDoc's.
    const wrong = await violations(page, '.tsd-typography');
    t.same(wrong.map((text) => text.slice(0, 200)), [], `${name}: axe`);
    await page.close();
  }
  const page = await browser.open('reader', { url: `${site}/index.html` });
  await page.getByRole('link', { name: 'Daemon.pm:97' }).click();
  t.ok(await page.locator('.pair.lit #daemon-97').isVisible(), 'a line of the guide is lit on the reader page');
  t.same(browser.errors, [], 'the console is silent');
});
