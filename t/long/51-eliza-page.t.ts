/**
 * ELIZA in the page, in a real browser, opened from the file system.
 *
 * A student learns that an engine which reads no file and calls no system runs anywhere.
 */
import t from 'tap';
import { LANGUAGES } from '../../tools/site/words.ts';
import { needs_browser, start_browser, violations } from './browser.ts';

void t.test('ELIZA in the page', { skip: needs_browser }, async (t) => {
  const browser = await start_browser(t);
  const page = await browser.open('talk');
  const say = async (line: string): Promise<string> => {
    await page.locator('#say').fill(line);
    await page.keyboard.press('Enter');
    return page.locator('#log li').last().innerText();
  };

  t.match(await page.locator('#log li').first().innerText(), /^Eliza: \S/, 'it greets');
  const reply = await say('My mother hates me.');
  t.match(reply, /^Eliza: .*(mother|family|hates)/, 'and answers with words of hers');
  t.match(reply, /keyword\s+my, rank \d/, 'with the keyword and its rank');
  t.match(reply, /decomposition\s+\* my @family \(never\S* \* fits/, 'the decomposition');
  t.match(reply, /reassembly\s+\S.*\(3\)/, 'and the reassembly');
  await say('My foot hurts.');
  t.match(await say('quack'), /from memory\s+an earlier line: My foot/, 'from memory, with the line');
  t.match(await say('bye'), /^Eliza: \S/, 'it says good bye');

  await page.selectOption('#language', 'es');
  t.equal(await page.locator('#log li').count(), 1, 'in Spanish it begins again');
  t.match(await say('Mi mamá me odia, ñandú.'), /^Eliza: [^\ufffd]*mamá[^\ufffd]*$/, 'and has its accents');
  t.equal(await page.locator('#log').getAttribute('lang'), 'es', 'a screen reader is told that it is Spanish');

  const spanish = await browser.open('talk', { language: 'es' });
  await spanish.locator('#say').fill('Mi madre me odia.');
  await spanish.keyboard.press('Enter');
  const answer = await spanish.locator('#log li').last().innerText();
  t.match(answer, /palabra clave\s+\S+, rango \d/, 'the Spanish page speaks Spanish');

  for (const language of LANGUAGES) {
    for (const scheme of ['light', 'dark'] as const) {
      t.same(await violations(await browser.open('talk', { scheme, language })), [], `axe, ${language}, ${scheme}`);
    }
    const small = await browser.open('talk', { width: 390, language });
    const fits = await small.evaluate('document.documentElement.scrollWidth <= innerWidth');
    t.ok(fits, `${language}: nothing sticks out on a telephone`);
  }
  t.same(browser.errors, [], 'the console is silent');
});
