/**
 * The reader page in a real browser, opened from the file system, in both languages.
 *
 * A student learns to test a page as its reader uses it: with the mouse, with the keyboard, on a telephone, on paper, and by
 * the rules of accessibility (axe).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import t from 'tap';
import { listings, type Listing } from '../../tools/perl-lines.ts';
import { spanish } from '../../tools/perl-lines-es.ts';
import { plus_lines } from '../../tools/plus-lines.ts';
import { columns } from '../../tools/site/columns.ts';
import { LANGUAGES } from '../../tools/site/words.ts';
import { needs_browser, start_browser, violations } from './browser.ts';
import { folder } from '../harness.ts';
import { stand_in } from '../stand-in.ts';

const [eliza, daemon] = listings as [Listing, Listing];

void t.test('the descriptions in Spanish', (t) => {
  for (const [i, { perl, lines, sections }] of listings.entries()) {
    t.same(spanish[i]?.sections, sections, `${perl}: the same parts, at the same lines`);
    const blank = (texts: readonly string[]): number[] => texts.flatMap((text, n) => text === '' ? [n + 1] : []);
    t.same(blank(spanish[i]?.lines ?? []), blank(lines), `${perl}: the same lines are described`);
    const same = lines.filter((text, n) => text !== '' && text === spanish[i]?.lines[n]);
    t.same(same, ['version 1.00'].filter((text) => same.includes(text)), `${perl}: no description was left in English`);
  }
  t.end();
});

void t.test('the columns of a part', (t) => {
  const html = columns({ language: 'en', ids: false })('eliza_hup.pl', 51, 55);
  const numbers = [...html.matchAll(/#eliza_hup-(\d+)"/g)].map(([, n]) => Number(n));
  t.same(numbers, [51, 52, 53, 54, 55], 'have its lines of the Perl, and not the blank one that follows');
  t.end();
});

/** A property of all the elements that a selector finds. */
function each(page: Page, selector: string, property: string): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll('${selector}')].map((one) => one['${property}'])`);
}

void t.test('the reader page', { skip: needs_browser }, async (t) => {
  const browser = await start_browser(t);
  const page = await browser.open('reader');
  const code = (id: string): Promise<string> => page.locator(`${id} code`).innerText();
  const said = (id: string): Promise<string> => page.locator(`${id} .said`).innerText();
  const lit = (id: string): Promise<boolean> => page.locator(`.pair.lit ${id}`).isVisible();
  const settle = (there: Page): Promise<unknown> =>
    there.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  const top = (there: Page): Promise<number> => there.evaluate('scrollY');
  const at = (there: Page): Promise<string | null> => there.evaluate('document.activeElement.closest(".line")?.id ?? null');

  t.equal(await said('#daemon-97'), daemon.lines[96], 'without a copy it says what the line does');
  t.notOk(await page.locator('#daemon-97 code').isVisible(), 'and has no room for what is not there');
  t.equal(await page.locator('.perl .line').count(), 84 + 160, 'every Perl line is there');

  await t.test('a line, and the ways on', async (t) => {
    const pair = page.locator('.pair:has(#daemon-69)');
    t.match(await pair.locator('.ours').innerText(), /fork\(\) \?\? refuse_client/, 'our line stands beside it');
    t.equal(await pair.locator('.erratum').getAttribute('href'), 'errata.html#e24', 'the fault that it mends is linked');
    t.match(await pair.locator('.erratum').getAttribute('title'), /a failed fork ends the server/, 'and named');
    const chapter = await pair.locator('.chapters a').first().getAttribute('href');
    t.match(chapter, /^\d\d-[\w-]+\.html$/, 'a chapter that speaks of it');
    t.match(await page.locator('.pair:has(#daemon-64) .tests').innerText(), /t\/05/, 'the tests that hold launch_child');
    t.ok(await pair.locator('.ours .line span[class^="k"]').count() > 3, 'the code has its colours');
    const codes = await each(page, '.plus code', 'textContent');
    const reasons = await each(page, '.pair:has(.plus) .why', 'textContent');
    t.equal(codes.length, 13, 'thirteen lines are ours alone');
    for (const [i, text] of codes.entries()) {
      const [, why = 'a reason'] = Object.values(plus_lines).flat().find(([begins]) => text.trim().startsWith(begins)) ?? [];
      t.equal(reasons[i], `ours alone: ${why}`, `with its reason: ${text.trim().slice(0, 30)}`);
    }
    const numbers: string[] = await page.evaluate(`['.perl .n', '.ours .n']
      .map((number) => getComputedStyle(document.querySelector(number)).color)`);
    t.equal(new Set(numbers).size, 2, 'the numbers of the two are told apart');
    t.equal(await page.locator('#daemon-69 .n').getAttribute('aria-label'), 'Daemon.pm, line 69', 'and named');
  });

  await t.test('the counterpart is lit', async (t) => {
    const ours = await page.locator('.pair:has(#daemon-98) .ours .line').getAttribute('id');
    await page.locator('#daemon-98').hover();
    t.ok(await lit(`#${ours ?? ''}`), 'under the mouse');
    await page.locator('#eliza_hup-28 a').focus();
    t.ok(await lit('#eliza_hup-28'), 'and under the keyboard');
    t.notOk(await lit('#daemon-98'), 'one at a time');
  });

  await t.test('the keyboard', async (t) => {
    await page.locator('#daemon-97 a').focus();
    await page.keyboard.press('ArrowDown');
    t.equal(await at(page), 'daemon-98', 'an arrow leads to the next line');
    await page.keyboard.press('ArrowRight');
    t.match(await at(page), /^daemon-ts-/, 'to the other side');
    await page.keyboard.press('ArrowLeft');
    t.equal(await at(page), 'daemon-98', 'and back');
    await page.keyboard.press('n');
    const first = (part: string): Promise<string | null> => page.locator(`#daemon-${part} .line`).first().getAttribute('id');
    t.equal(await at(page), await first('do_relaunch'), 'the next part');
    await page.keyboard.press('p');
    t.equal(await at(page), await first('kill_children'), 'the part before');
  });

  await t.test('arrows never jump a page that was scrolled by hand', async (t) => {
    const there = await browser.open('reader');
    await there.locator('#eliza_hup-8 .n').focus();
    await there.evaluate('document.querySelector("#daemon-97").scrollIntoView()');
    await settle(there);
    const before = await top(there);
    await there.keyboard.press('ArrowDown');
    await settle(there);
    t.equal(await at(there), 'eliza_hup-8', 'the line that is out of sight keeps the focus');
    t.ok(Math.abs(await top(there) - before) < 200, 'and the page stays where it was, but for the arrow’s own scrolling');
    await there.keyboard.press('j');
    const line = await at(there);
    t.ok(line !== null && Number(line.replace(/\D/g, '')) > 90, `j takes the first line in sight: ${String(line)}`);
  });

  await t.test('the parts', async (t) => {
    const there = await browser.open('reader');
    const links = there.locator('nav.parts a');
    t.equal(await links.count(), listings.reduce((sum, { sections }) => sum + sections.length, 0), 'each has a link');
    const ends: number[] = await there.evaluate(`[...document.querySelectorAll('nav.parts a')]
      .map((link) => link.getBoundingClientRect().right)`);
    t.same(ends.filter((end) => end > 1280), [], 'none is off the screen');
    await there.locator('nav.parts a', { hasText: 'launch_child' }).click();
    await there.locator('nav.parts a[aria-current]', { hasText: 'launch_child' }).waitFor();
    t.equal(await there.locator('nav.parts a[aria-current]').count(), 1, 'the one that one is in is marked, and no other');
    const bar = await there.locator('nav.parts').boundingBox();
    const part = await there.locator('#daemon-launch_child').boundingBox();
    t.ok(bar && part && part.y >= bar.y + bar.height - 1, 'and begins below the bar, not under it');
    const small = await browser.open('reader', { width: 390 });
    t.notOk(await small.locator('nav.parts a').first().isVisible(), 'on a telephone they are folded');
    t.match(await small.locator('#where').innerText(), 'imports', 'and the fold says where one is');
  });

  await t.test('a permanent link lands', async (t) => {
    const there = await browser.open('reader', { hash: '#daemon-97' });
    const [bar, box] = [await there.locator('nav.parts').boundingBox(), await there.locator('#daemon-97').boundingBox()];
    t.ok(bar && box && box.y >= bar.y + bar.height - 1 && box.y < 900, 'in sight, and not under the bar');
    t.ok(await there.locator('.pair.lit #daemon-97').isVisible(), 'and lit');
    await there.locator('a.language').click();
    t.equal(await there.evaluate('document.documentElement.lang'), 'es', 'the other language');
    t.ok(await there.locator('.pair.lit #daemon-97').isVisible(), 'at the same line');
    t.equal(await there.locator('#daemon-97 .said').innerText(), spanish[1]?.lines[96], 'described in Spanish');
  });

  await t.test('the reader’s own Perl', async (t) => {
    const dir = folder(t);
    const numbered = stand_in(daemon).map((line, i) => `${String(i + 1).padStart(6)}\t${line}\n`).join('');
    writeFileSync(join(dir, 'eliza_hup.pl'), stand_in(eliza).join('\n'));
    await page.setInputFiles('#file', join(dir, 'eliza_hup.pl'));
    await page.locator('#status').filter({ hasText: 'eliza_hup.pl: every line is yours' }).waitFor();
    t.equal(await code('#eliza_hup-41'), stand_in(eliza)[40], 'chosen');
    await page.evaluate(`{
      const data = new DataTransfer();
      data.items.add(new File([${JSON.stringify(numbered)}], 'Daemon.pm'));
      document.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }));
    }`);
    await page.locator('#status').filter({ hasText: 'Daemon.pm: every line is yours' }).waitFor();
    t.equal(await code('#daemon-97'), stand_in(daemon)[96], 'dropped');
    t.equal(await said('#daemon-97'), daemon.lines[96], 'what the line does is still said');
    const three = await Promise.all(['#daemon-97 code', '#daemon-97 .said', '.pair:has(#daemon-97) .ours code']
      .map((part) => page.locator(part).isVisible()));
    t.same(three, [true, true, true], 'Perl, ours and the explanation are in sight together');
    t.equal(await code('#eliza_hup-41'), stand_in(eliza)[40], 'and what was there stays');
    await page.reload();
    t.equal(await code('#daemon-97'), stand_in(daemon)[96], 'kept in the browser');
    await page.locator('#forget').click();
    t.notOk(await page.locator('#daemon-97 code').isVisible(), 'and forgotten when told to');
    const together = stand_in(daemon).slice(96).map((line, i) => `${97 + i} ${line.trim()}`).join(' ');
    await page.evaluate(`{
      const clipboardData = new DataTransfer();
      clipboardData.setData('text', ${JSON.stringify(together)});
      document.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
    }`);
    await page.locator('#status').filter({ hasText: /Daemon.pm: your copy lacks lines 1-3, .*90-95$/ }).waitFor();
    t.equal(await code('#daemon-98'), stand_in(daemon)[97]?.trim(), 'pasted, its lines run together');

    writeFileSync(join(dir, 'wrong.txt'), 'arma virumque cano\n'.repeat(160));
    await page.setInputFiles('#file', join(dir, 'wrong.txt'));
    await page.locator('#status').filter({ hasText: 'No line of either file is recognised' }).waitFor();

    const in_colours = stand_in(eliza).map((line, i) => i === 17 ? `my $port = "a" || PORT; # ${line}` : line);
    writeFileSync(join(dir, 'colours.pl'), in_colours.join('\n'));
    await page.setInputFiles('#file', join(dir, 'colours.pl'));
    await page.locator('#status').filter({ hasText: 'eliza_hup.pl: every line is yours' }).waitFor();
    const pieces = await each(page, '#eliza_hup-18 code span[class]:not(.indent)', 'className');
    t.same(pieces, ['word', 'name', 'string', 'remark'], 'and has the colours of Perl');
  });

  await t.test('on a telephone the columns stack', async (t) => {
    const small = await browser.open('reader', { width: 390 });
    const perl = await small.locator('#daemon-98').boundingBox();
    const ours = await small.locator('.pair:has(#daemon-98) .ours').boundingBox();
    t.ok(perl && ours && ours.y >= perl.y + perl.height, 'one below the other');
    const looks: string[][] = await small.evaluate(`['.perl', '.ours'].map((side) => {
      const { backgroundColor, borderLeftColor } = getComputedStyle(document.querySelector('.pair:has(#daemon-98) ' + side));
      return [backgroundColor, borderLeftColor, getComputedStyle(document.querySelector(side + ' .n'), '::before').content];
    })`);
    const high: string[] = await small.evaluate(`[...document.querySelectorAll('.n')]
      .filter((one) => one.getClientRects().length > 1 || one.offsetHeight > 24).map((one) => one.textContent)`);
    t.same(high, [], 'each number stands in one line with the name before it');
    for (const [i, what] of ['their ground', 'their edge', 'their name'].entries()) {
      t.not(looks[0]?.[i], looks[1]?.[i], `told apart by ${what}`);
    }
    for (const language of LANGUAGES) {
      const there = await browser.open('reader', { width: 390, language });
      t.ok(await there.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${language}: nothing sticks out`);
      const text = await there.locator('body').innerText();
      t.notMatch(text, /on the (left|right)|a la (izquierda|derecha)/i, `${language}: no side is named`);
    }
  });

  await t.test('on paper', async (t) => {
    const there = await browser.open('reader', { width: 794 });
    await there.emulateMedia({ media: 'print' });
    for (const landscape of [false, true]) {
      const pdf = (await there.pdf({ format: 'A4', landscape })).toString('latin1');
      const [, width, height] = /\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/.exec(pdf) ?? [];
      t.equal(Number(width) > Number(height), landscape, `${landscape ? 'across' : 'upright'}, as whoever prints it chooses`);
    }
    for (const [orientation, width] of [['upright', 794 - 90], ['across', 1123 - 90]] as const) {
      await there.setViewportSize({ width, height: 900 });
      const perl = await there.locator('#daemon-98').boundingBox();
      const ours = await there.locator('.pair:has(#daemon-98) .ours').boundingBox();
      t.ok(perl && ours && Math.abs(perl.y - ours.y) < 2 && ours.x > perl.x + perl.width - 2, `${orientation}: two columns`);
      t.ok(await there.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${orientation}: nothing is cut`);
      const beside = await each(there, '.bar, nav.parts, .margin, .drop', 'offsetHeight');
      t.notOk(beside.some(Boolean), `${orientation}: no bar, no margin, nothing to press`);
    }
  });

  for (const [language, scheme, width] of [['en', 'light', 1280], ['es', 'dark', 390]] as const) {
    const there = await browser.open('reader', { scheme, language, width, hash: '#daemon-69' });
    t.same(await violations(there), [], `axe, ${language}, ${scheme}, ${width}`);
  }
  t.same(browser.errors, [], 'the console is silent');
});
