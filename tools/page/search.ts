/**
 * The search page: looks for all the words that are asked for, in what the build has put into the index.
 *
 * @module
 */
import type { Found } from '../site/book.ts';

/** What can be found; the way to the site's top; words in the page's language: the build writes them. */
declare const INDEX: Found[];
declare const TOP: string;
declare const SAY: { none: string; found: string };

/** Letters without their accents, in small. */
const plain = (text: string): string => text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();

const times = (text: string, word: string): number => text.split(word).length - 1;

/** How well a place answers: a word of the page's name counts most, then one of the heading, then those of the text. */
function weight({ page, heading, text }: Found, words: readonly string[]): number {
  const [title, head, body] = [plain(page), plain(heading), plain(text)];
  const each = words.map((word) => 20 * times(title, word) + 10 * times(head, word) + Math.min(times(body, word), 8));
  return each.every((one) => one > 0) ? each.reduce((sum, one) => sum + one, 0) : 0;
}

/** Some words around the first that was asked for, those asked for marked. */
function excerpt(text: string, words: readonly string[]): HTMLElement {
  const small = plain(text);
  const at = Math.max(0, Math.min(...words.map((word) => small.indexOf(word)).filter((i) => i >= 0), small.length) - 60);
  const shown = document.createElement('p');
  const piece = `${at > 0 ? '…' : ''}${text.slice(at, at + 200)}…`;
  const any = new RegExp(`(${words.map((word) => word.replaceAll(/[^\p{L}\p{N}_]/gu, '\\$&')).join('|')})`, 'i');
  piece.split(any).forEach((part, i) => {
    const made = i % 2 === 1 ? document.createElement('mark') : document.createElement('span');
    made.textContent = part;
    shown.append(made);
  });
  return shown;
}

function show(question: string): void {
  const words = plain(question).split(/\s+/).filter(Boolean);
  const all = INDEX.map((one) => ({ one, weight: words.length === 0 ? 0 : weight(one, words) }));
  const found = all.filter(({ weight }) => weight > 0);
  const results = document.querySelector('#results');
  const count = document.querySelector('#count');
  if (count) count.textContent = words.length === 0 ? '' : found.length === 0 ? SAY.none : `${found.length} ${SAY.found}`;
  results?.replaceChildren(...found.sort((a, b) => b.weight - a.weight).slice(0, 40).map(({ one }) => {
    const item = document.createElement('li');
    const link = document.createElement('a');
    link.href = TOP + one.address;
    link.textContent = one.heading === '' ? one.page : `${one.page}: ${one.heading}`;
    item.append(link, excerpt(one.text, words));
    return item;
  }));
}

const asked = new URLSearchParams(location.search).get('q') ?? '';
const field = document.querySelector<HTMLInputElement>('#q');
if (field) field.value = asked;
field?.addEventListener('input', () => { show(field.value); });
field?.form?.addEventListener('submit', (event) => {
  event.preventDefault();
  show(field.value);
});
show(asked);
