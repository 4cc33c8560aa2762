/**
 * The reader's own copy of the Perl: a plain file, one numbered by `cat -n`, or a web page that prints pieces of them between
 * its paragraphs, saved, or copied by something that ran its lines together. It is recognised by its words, which our mirror
 * files share with it line by line: no line of the Perl needs to be known here.
 *
 * Nothing here needs Node: the reader page uses it too.
 *
 * @module
 */
import type { Row } from './mirror.ts';

/** The lines of one Perl file that a copy has, by number. */
export type Copy = Map<number, string>;

/** A Perl file to look for: its name, how many lines it has, and the file of ours that mirrors it. */
export interface Wanted {
  /** The Perl file's name. */
  readonly perl: string;
  /** How many lines it has. */
  readonly length: number;
  /** Its mirror. */
  readonly rows: readonly Row[];
}

/** Lines that follow each other, and the number of the first of them. */
interface Run {
  readonly first: number;
  readonly lines: string[];
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** A web page as the text that it shows. */
function text_of(page: string): string {
  if (!/<(!doctype|html|body|pre)\b/i.test(page)) return page;
  return page.replace(/<(script|style)\b[^]*?<\/\1>/gi, '').replace(/<br\s*\/?>\n?/gi, '\n').replace(/<\/?[a-z!][^>]*>/gi, '')
    .replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal?: string, hex?: string, name?: string) =>
      name === undefined ? String.fromCodePoint(Number(decimal ?? `0x${hex ?? ''}`)) : entities[name.toLowerCase()] ?? whole);
}

/** No line of the Perl is longer, so two numbers that are further apart do not count the same listing's lines. */
const LONGEST = 200;

/** Cuts what was run together into one line, `… 12 foo; 13 bar; …`, where its numbers count up. */
function unfold(line: string): string[] {
  const numbers = [...line.matchAll(/(?:^|\s)(\d{1,3})(?=\s|$)/g)]
    .map(({ 0: whole, 1: digits = '', index }) => ({ n: Number(digits), at: index + whole.length - digits.length }));
  const runs = numbers.map(({ n, at }, i) => {
    const run = [at];
    for (let j = i + 1, next; (next = numbers[j]) && next.at - (run.at(-1) ?? 0) <= LONGEST; j++) {
      if (next.n === n + run.length) run.push(next.at);
    }
    return run;
  });
  const [longest = []] = runs.sort((a, b) => b.length - a.length);
  const [first, last] = [longest[0], longest.at(-1)];
  if (first === undefined || last === undefined || longest.length < 3) return [line];
  // What follows the last number is prose from where the statement ends, as far as one can tell.
  const end = last + (/^.*[;{}]/.exec(line.slice(last, last + LONGEST))?.[0].length ?? LONGEST);
  const lines = longest.map((at, i) => line.slice(at, longest[i + 1] ?? end));
  return [...unfold(line.slice(0, first)), ...lines, ...unfold(line.slice(end))];
}

/** The numbered lines of a text, as far as their numbers follow each other. */
function numbered(lines: readonly string[]): Run[] {
  const runs: Run[] = [];
  let next = 0;
  for (const line of lines) {
    const [, number, text = ''] = /^\s*(\d{1,3})(?:$|\t| {1,2})(.*)$/.exec(line) ?? [];
    if (number === undefined) {
      if (line.trim() !== '') next = 0;
      continue;
    }
    if (Number(number) !== next) runs.push({ first: Number(number), lines: [] });
    runs.at(-1)?.lines.push(text.trimEnd());
    next = Number(number) + 1;
  }
  return runs;
}

function words(text: string): string[] {
  return text.match(/[a-z_]\w{2,}/gi) ?? [];
}

/** How well lines fit a Perl file from a certain line on: the words each has in common with its mirror. */
function fit(lines: readonly string[], first: number, mirror: ReadonlyMap<number, Set<string>>): number {
  return lines.reduce((sum, line, i) => sum + words(line).filter((word) => mirror.get(first + i)?.has(word)).length, 0);
}

/**
 * Finds the Perl in a text.
 *
 * @param text a file as the reader has it
 * @param wanted the Perl files it may hold
 * @returns the lines found, by Perl file; no entry for a file of which there is none
 */
export function read_copy(text: string, wanted: readonly Wanted[]): Map<string, Copy> {
  const found = new Map<string, Copy>();
  const mirrors = wanted.map(({ perl, length, rows }) => {
    const mirror = new Map<number, Set<string>>();
    for (const { from, to, text, kind } of rows) {
      for (let line = from; kind === 'mirror' && line <= to; line++) mirror.set(line, new Set(words(text)));
    }
    return { perl, length, mirror };
  });
  const take = ({ first, lines }: Run, least: number): void => {
    const fits = mirrors.map((listing) => ({ ...listing, fit: fit(lines, first, listing.mirror) }));
    const [best] = fits.sort((a, b) => b.fit - a.fit);
    if (best === undefined || best.fit < least) return;
    const copy = found.get(best.perl) ?? new Map<number, string>();
    found.set(best.perl, copy);
    lines.forEach((line, i) => {
      const number = first + i;
      if (number >= 1 && number <= best.length && !copy.has(number)) copy.set(number, line);
    });
  };

  const lines = text_of(text).split(/\r?\n/).flatMap(unfold).map((line) => line.trimEnd());
  const runs = numbered(lines).filter((run) => run.lines.length > 1 || words(run.lines[0] ?? '').length > 0);
  // The longest first: where two pieces have the same line, the one with more around it is surely in place.
  for (const run of runs.sort((a, b) => b.lines.length - a.lines.length)) take(run, 2);
  if (found.size > 0) return found;

  // Not numbered: wherever it fits best, since a copy may begin with comments of its own, or in the middle.
  const reach = Math.max(...wanted.map(({ length }) => length), lines.length);
  const places = Array.from({ length: 2 * reach }, (_, i) => i + 1 - reach);
  const best = places
    .map((first) => ({ first, fit: Math.max(...mirrors.map(({ mirror }) => fit(lines, first, mirror))) }))
    .sort((a, b) => b.fit - a.fit || Math.abs(a.first - 1) - Math.abs(b.first - 1))[0];
  const filled = lines.filter((line) => words(line).length > 0).length;
  if (best) take({ first: best.first, lines }, Math.max(2, filled / 3));
  return found;
}

/**
 * Numbers in few words: `3, 5-7`.
 *
 * @param numbers in ascending order
 * @returns the words
 */
export function in_few(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const n of numbers) {
    const run = runs.at(-1);
    if (run?.[1] === n - 1) run[1] = n;
    else runs.push([n, n]);
  }
  return runs.map(([from, to]) => from === to ? String(from) : `${from}-${to}`).join(', ');
}
