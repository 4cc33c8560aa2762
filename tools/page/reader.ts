/**
 * The reader page: highlights the counterpart of the line one looks at, moves by keyboard, and takes the reader's own Perl,
 * which stays in the browser.
 *
 * @module
 */
import type { Row } from '../mirror.ts';
import { listings } from '../perl-lines.ts';
import { in_few, read_copy } from '../perl-copy.ts';

/** The mirror files' lines, by Perl file, which the build puts before this script. */
declare const MIRRORS: Record<string, Row[]>;

const KEPT = 'eliza_hup: your Perl';
const status = document.querySelector<HTMLElement>('#status');
const drop = document.querySelector<HTMLElement>('.drop');
const forget = document.querySelector<HTMLButtonElement>('#forget');
const wanted = listings.map(({ perl, lines }) => ({ perl, length: lines.length, rows: MIRRORS[perl] ?? [] }));

function pair_of(target: EventTarget | null): Element | null {
  return target instanceof Element ? target.closest('.pair') : null;
}

function light(pair: Element | null): void {
  for (const lit of document.querySelectorAll('.lit')) lit.classList.remove('lit');
  pair?.classList.add('lit');
}

/** Puts the reader's lines in place of our words for them; where the reader has none, ours again. */
function fill(texts: readonly string[]): void {
  const copies = texts.map((text) => read_copy(text, wanted));
  const said: string[] = [];
  for (const { perl, lines } of listings) {
    const own_copies = copies.flatMap((copy) => copy.get(perl) ?? []);
    const line_of = (n: number): string | undefined => own_copies.find((copy) => copy.has(n))?.get(n);
    const lacking = lines.map((_, i) => i + 1).filter((n) => lines[n - 1] !== '' && line_of(n) === undefined);
    const lacks = `your copy lacks ${lacking.length === 1 ? 'line' : 'lines'} ${in_few(lacking)}`;
    lines.forEach((description, i) => {
      const code = document.querySelector(`#${perl.replace(/\..*/, '').toLowerCase()}-${i + 1} code`);
      const own = line_of(i + 1);
      code?.classList.toggle('said', own === undefined);
      if (code) code.textContent = own ?? description;
    });
    if (own_copies.length === 0) continue;
    said.push(`${perl}: ${lacking.length === 0 ? 'every line is yours' : lacks}`);
  }
  if (status) status.textContent = said.join('; ');
  if (forget) forget.hidden = texts.length === 0;
}

function kept(): string[] {
  return JSON.parse(localStorage.getItem(KEPT) ?? '[]') as string[];
}

/** Texts may come one after the other; of two that have the same line, the one that came last is taken. */
function take(all: readonly string[]): void {
  const texts = all.filter((text) => read_copy(text, wanted).size > 0);
  if (texts.length === 0) {
    if (status) status.textContent = 'No line of either file is recognised in it.';
    return;
  }
  localStorage.setItem(KEPT, JSON.stringify([...texts, ...kept()].slice(0, 4)));
  fill(kept());
}

async function take_files(files: Iterable<File>): Promise<void> {
  take(await Promise.all([...files].map((file) => file.text())));
}

/** Highlights the line that the address names. */
function land(): void {
  light(pair_of(document.getElementById(location.hash.slice(1))));
}

document.addEventListener('mouseover', ({ target }) => { light(pair_of(target)); });
document.addEventListener('focusin', ({ target }) => { light(pair_of(target)); });

const SKIP: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const here = document.activeElement?.closest('.line') ?? document.querySelector('.line:target');
  const column = here?.closest('.ours') ? '.ours' : '.perl';
  const step = SKIP[event.key];
  if (step !== undefined) {
    const lines = [...document.querySelectorAll<HTMLElement>(`${column} .line > a:first-child`)];
    const now = here ? lines.findIndex((link) => link.closest('.line') === here) : -1;
    lines[now + step]?.focus();
  } else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
    const side = event.key === 'ArrowLeft' ? '.perl' : '.ours';
    here?.closest('.pair')?.querySelector<HTMLElement>(`${side} .line > a:first-child`)?.focus();
  } else if (event.key === 'n' || event.key === 'p') {
    const parts = [...document.querySelectorAll<HTMLElement>('.part')];
    const now = parts.findIndex((part) => part.contains(here));
    parts[event.key === 'n' ? now + 1 : Math.max(now - 1, 0)]?.querySelector<HTMLElement>('.line > a:first-child')?.focus();
  } else {
    return;
  }
  event.preventDefault();
});

for (const [name, over] of [['dragover', true], ['dragleave', false], ['drop', false]] as const) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    drop?.classList.toggle('over', over);
    if (name === 'drop') void take_files(event.dataTransfer?.files ?? []);
  });
}
document.querySelector('#file')?.addEventListener('change', ({ target }) => {
  if (target instanceof HTMLInputElement) void take_files(target.files ?? []);
});
document.addEventListener('paste', ({ clipboardData }) => { take([clipboardData?.getData('text') ?? '']); });
forget?.addEventListener('click', () => {
  localStorage.removeItem(KEPT);
  fill([]);
});

window.addEventListener('hashchange', land);
fill(kept());
land();
