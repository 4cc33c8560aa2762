/**
 * The reader page in a real browser, opened from the file system.
 *
 * A student learns to test a page as its reader uses it: with the mouse, with the keyboard, on a telephone, and by the rules of
 * accessibility (axe).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { listings, type Listing } from '../tools/perl-lines.ts';
import { needs_browser, start_browser, violations } from './browser.ts';
import { folder } from './harness.ts';
import { stand_in } from './stand-in.ts';

const [eliza, daemon] = listings as [Listing, Listing];

void t.test('the reader page', { skip: needs_browser }, async (t) => {
  const browser = await start_browser(t);
  const page = await browser.open('reader');
  const text = (id: string): Promise<string> => page.locator(`${id} code`).innerText();
  const lit = (id: string): Promise<boolean> => page.locator(`.pair.lit ${id}`).isVisible();

  t.equal(await text('#daemon-97'), daemon.lines[96], 'without a copy it says what the line does');
  t.equal(await page.locator('.perl .line').count(), 84 + 160, 'every Perl line is there');

  await t.test('the counterpart is lit', async (t) => {
    const ours = await page.locator('.pair:has(#daemon-98) .ours .line').getAttribute('id');
    await page.locator('#daemon-98').hover();
    t.ok(await lit(`#${ours ?? ''}`), 'under the mouse');
    await page.locator('#eliza_hup-28 a').focus();
    t.ok(await lit('#eliza_hup-28'), 'and under the keyboard');
    t.notOk(await lit('#daemon-98'), 'one at a time');
  });

  await t.test('the keyboard', async (t) => {
    const at = (): Promise<string | null> => page.evaluate('document.activeElement.closest(".line")?.id');
    await page.locator('#daemon-97 a').focus();
    await page.keyboard.press('ArrowDown');
    t.equal(await at(), 'daemon-98', 'an arrow leads to the next line');
    await page.keyboard.press('ArrowRight');
    t.match(await at(), /^daemon-ts-/, 'to the other side');
    await page.keyboard.press('ArrowLeft');
    t.equal(await at(), 'daemon-98', 'and back');
    await page.keyboard.press('n');
    const first = (part: string): Promise<string | null> => page.locator(`#daemon-${part} .line`).first().getAttribute('id');
    t.equal(await at(), await first('do_relaunch'), 'the next part');
    await page.keyboard.press('p');
    t.equal(await at(), await first('kill_children'), 'the part before');
  });

  await t.test('a permanent link lands', async (t) => {
    const there = await browser.open('reader', { hash: '#daemon-97' });
    t.ok(await there.locator('#daemon-97').isVisible(), 'the line is there');
    const box = await there.locator('#daemon-97').boundingBox();
    t.ok(box && box.y > 0 && box.y < 900, 'in sight');
    t.ok(await there.locator('.pair.lit #daemon-97').isVisible(), 'and lit');
  });

  await t.test('the reader’s own Perl', async (t) => {
    const dir = folder(t);
    const numbered = stand_in(daemon).map((line, i) => `${String(i + 1).padStart(6)}\t${line}\n`).join('');
    writeFileSync(join(dir, 'eliza_hup.pl'), stand_in(eliza).join('\n'));
    await page.setInputFiles('#file', join(dir, 'eliza_hup.pl'));
    await page.locator('#status').filter({ hasText: 'eliza_hup.pl: every line is yours' }).waitFor();
    t.equal(await text('#eliza_hup-41'), stand_in(eliza)[40], 'chosen');
    await page.evaluate(`{
      const data = new DataTransfer();
      data.items.add(new File([${JSON.stringify(numbered)}], 'Daemon.pm'));
      document.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }));
    }`);
    await page.locator('#status').filter({ hasText: 'Daemon.pm: every line is yours' }).waitFor();
    t.equal(await text('#daemon-97'), stand_in(daemon)[96], 'dropped');
    t.equal(await text('#eliza_hup-41'), stand_in(eliza)[40], 'and what was there stays');
    await page.reload();
    t.equal(await text('#daemon-97'), stand_in(daemon)[96], 'kept in the browser');
    await page.locator('#forget').click();
    t.equal(await text('#daemon-97'), daemon.lines[96], 'and forgotten when told to');
    const together = stand_in(daemon).slice(96).map((line, i) => `${97 + i} ${line.trim()}`).join(' ');
    await page.evaluate(`{
      const clipboardData = new DataTransfer();
      clipboardData.setData('text', ${JSON.stringify(together)});
      document.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
    }`);
    await page.locator('#status').filter({ hasText: /Daemon.pm: your copy lacks lines 1-3, .*90-95$/ }).waitFor();
    t.equal(await text('#daemon-98'), stand_in(daemon)[97]?.trim(), 'pasted, its lines run together');

    writeFileSync(join(dir, 'wrong.txt'), 'arma virumque cano\n'.repeat(160));
    await page.setInputFiles('#file', join(dir, 'wrong.txt'));
    await page.locator('#status').filter({ hasText: 'No line of either file is recognised' }).waitFor();
  });

  await t.test('on a telephone the columns stack', async (t) => {
    const small = await browser.open('reader', { width: 390 });
    const perl = await small.locator('#daemon-98').boundingBox();
    const ours = await small.locator('.pair:has(#daemon-98) .ours').boundingBox();
    t.ok(perl && ours && ours.y >= perl.y + perl.height, 'one below the other');
    t.ok(await small.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'and nothing sticks out');
  });

  for (const scheme of ['light', 'dark'] as const) {
    await t.test(`axe, ${scheme}`, async (t) => {
      t.same(await violations(await browser.open('reader', { scheme })), [], 'nothing is amiss');
    });
  }
  t.same(browser.errors, [], 'the console is silent');
});
