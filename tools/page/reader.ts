/**
 * The reader page: highlights the counterpart of the line one looks at, moves by keyboard, says in which part one is, and takes
 * the reader's own Perl, which stays in the browser.
 *
 * @module
 */
import type { Row } from '../mirror.ts';
import type { Listing } from '../perl-lines.ts';
import { in_few, read_copy } from '../perl-copy.ts';
import { pieces } from './perl.ts';

/** The mirror files' lines, by Perl file; the Perl's, described; and words in the page's language: the build puts them here. */
declare const MIRRORS: Record<string, Row[]>;
declare const LINES: Listing[];
declare const SAY: { whole: string; lacks: [one: string, several: string]; nothing: string };

const KEPT = 'eliza_hup: your Perl';
const status = document.querySelector<HTMLElement>('#status');
const drop = document.querySelector<HTMLElement>('.drop');
const forget = document.querySelector<HTMLButtonElement>('#forget');
const nav = document.querySelector<HTMLElement>('nav.parts');
const details = nav?.querySelector('details');
const where = document.querySelector<HTMLElement>('#where');
const parts = [...document.querySelectorAll<HTMLElement>('.part')];
const wanted = LINES.map(({ perl, lines }) => ({ perl, length: lines.length, rows: MIRRORS[perl] ?? [] }));

function pair_of(target: EventTarget | null): Element | null {
  return target instanceof Element ? target.closest('.pair') : null;
}

function light(pair: Element | null): void {
  for (const lit of document.querySelectorAll('.lit')) lit.classList.remove('lit');
  pair?.classList.add('lit');
}

/** Shows a line of the reader's Perl above what it does, or takes it away. */
function show(code: HTMLElement | null, own: string | undefined): void {
  if (!code) return;
  const [, indent = '', text = ''] = /^(\s*)(.*)$/.exec(own ?? '') ?? [];
  code.hidden = own === undefined;
  code.style.setProperty('--i', String(indent.length));
  code.replaceChildren(...[['indent', indent] as const, ...pieces(text)].map(([name, text]) => {
    const piece = document.createElement('span');
    if (name) piece.className = name;
    piece.textContent = text;
    return piece;
  }));
}

/** Puts the reader's lines beside our words for them; where the reader has none, the words stand alone. */
function fill(texts: readonly string[]): void {
  const copies = texts.map((text) => read_copy(text, wanted));
  const said: string[] = [];
  for (const { perl, lines } of LINES) {
    const own_copies = copies.flatMap((copy) => copy.get(perl) ?? []);
    const line_of = (n: number): string | undefined => own_copies.find((copy) => copy.has(n))?.get(n);
    const lacking = lines.map((_, i) => i + 1).filter((n) => lines[n - 1] !== '' && line_of(n) === undefined);
    lines.forEach((_, i) => {
      show(document.querySelector(`#${perl.replace(/\..*/, '').toLowerCase()}-${i + 1} code`), line_of(i + 1));
    });
    if (own_copies.length === 0) continue;
    said.push(`${perl}: ${lacking.length === 0 ? SAY.whole : `${SAY.lacks[lacking.length === 1 ? 0 : 1]} ${in_few(lacking)}`}`);
  }
  document.body.classList.toggle('own', said.length > 0);
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
    if (status) status.textContent = SAY.nothing;
    return;
  }
  localStorage.setItem(KEPT, JSON.stringify([...texts, ...kept()].slice(0, 4)));
  fill(kept());
}

async function take_files(files: Iterable<File>): Promise<void> {
  take(await Promise.all([...files].map((file) => file.text())));
}

/** Where the text begins, below what stays at the window's top. */
const top_edge = (): number => nav?.getBoundingClientRect().bottom ?? 0;

/** Whether a reader sees the line now. */
function in_sight(line: Element): boolean {
  const { top, bottom } = line.getBoundingClientRect();
  return bottom > top_edge() && top < innerHeight;
}

/** The part at the window's top. */
const part_in_sight = (): HTMLElement | undefined =>
  parts.findLast((part) => part.getBoundingClientRect().top <= top_edge() + 40) ?? parts[0];

/** Says in which part the window is, and marks its link. */
function mark(): void {
  const now = part_in_sight();
  for (const link of nav?.querySelectorAll('a') ?? []) {
    if (link.hash === `#${now?.id ?? ''}`) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
  if (where) where.textContent = now?.id.replace(/^.*?-/, '') ?? '';
}

/** What stays at the top covers nothing that is jumped to. */
function make_room(): void {
  document.documentElement.style.scrollPaddingTop = `${Math.round(nav?.offsetHeight ?? 0) + 8}px`;
}

/** Highlights the line that the address names. */
function land(): void {
  light(pair_of(document.getElementById(location.hash.slice(1))));
}

document.addEventListener('mouseover', ({ target }) => { light(pair_of(target)); });
document.addEventListener('focusin', ({ target }) => { light(pair_of(target)); });

const number_of = (line: Element | null | undefined): HTMLElement | null => line?.querySelector<HTMLElement>('.n') ?? null;

const SKIP: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target instanceof HTMLInputElement) return;
  const chosen = document.activeElement?.closest('.line') ?? document.querySelector('.line:target');
  const here = chosen && in_sight(chosen) ? chosen : undefined;
  // Without a line in sight to go on from, the arrows do what they do on any page: they scroll.
  if (!here && event.key.startsWith('Arrow')) return;
  const column = here?.closest('.ours') ? '.ours' : '.perl';
  const step = SKIP[event.key];
  if (step !== undefined) {
    const lines = [...document.querySelectorAll(`${column} .line`)];
    number_of(here ? lines[lines.indexOf(here) + step] : lines.find(in_sight))?.focus();
  } else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
    const side = event.key === 'ArrowLeft' ? '.perl' : '.ours';
    number_of(here?.closest('.pair')?.querySelector(`${side} .line`))?.focus();
  } else if (event.key === 'n' || event.key === 'p') {
    const now = here ? parts.findIndex((part) => part.contains(here)) : parts.findIndex((part) => part === part_in_sight());
    const part = parts[event.key === 'n' ? now + 1 : Math.max(now - 1, 0)];
    part?.scrollIntoView();
    number_of(part?.querySelector('.line'))?.focus({ preventScroll: true });
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
document.addEventListener('paste', ({ clipboardData, target }) => {
  if (!(target instanceof HTMLInputElement)) take([clipboardData?.getData('text') ?? '']);
});
forget?.addEventListener('click', () => {
  localStorage.removeItem(KEPT);
  fill([]);
});

/** On a wide screen the parts stay in sight; on a narrow one they are folded, and fold again when one is chosen. */
const wide = matchMedia('(min-width: 60rem)');
function fold(): void {
  if (details) details.open = wide.matches;
  make_room();
}
nav?.addEventListener('click', ({ target }) => { if (target instanceof HTMLAnchorElement) fold(); });
wide.addEventListener('change', fold);
window.addEventListener('resize', make_room);
window.addEventListener('scroll', mark, { passive: true });
window.addEventListener('hashchange', land);

// The same line in the other language.
document.querySelector<HTMLAnchorElement>('a.language')?.addEventListener('click', ({ currentTarget }) => {
  if (currentTarget instanceof HTMLAnchorElement) currentTarget.hash = location.hash;
});

fill(kept());
fold();
if (location.hash !== '') document.getElementById(location.hash.slice(1))?.scrollIntoView();
land();
mark();
