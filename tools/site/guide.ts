/**
 * The guide's files: which there are, in which order, and which lines of the Perl each speaks of.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from '../common/processes.ts';
import { listings, type Listing } from '../perl-lines.ts';
import { LANGUAGES, type Language } from './words.ts';

/** A page of the guide, as it is in docs/. */
export interface Chapter {
  /** Its file's name without ending: `06-launch_child`. */
  readonly name: string;
  readonly language: Language;
  /** A chapter's number; the pages beside the guide have none. */
  readonly number: number | undefined;
  readonly title: string;
  readonly text: string;
}

/** The pages beside the guide, in order; one that is not named here comes after the first three. */
const BESIDE = [
  'exercises', 'glossary', 'course', '', 'errata', 'eliza', 'conversation', 'transcript', 'reliability', 'performance',
];

function rank({ name, number }: Chapter): number {
  const beside = BESIDE.indexOf(name);
  return number ?? 1000 + (beside === -1 ? BESIDE.indexOf('') : beside);
}

/**
 * Reads the guide.
 *
 * @param language its language
 * @returns its pages in the order in which they are read; the start page is not among them
 */
export function read_guide(language: Language): Chapter[] {
  const folder = join(root, 'docs', language === 'en' ? '' : language);
  const chapters = readdirSync(folder).filter((file) => file.endsWith('.md') && file !== 'index.md').map((file): Chapter => {
    const text = readFileSync(join(folder, file), 'utf8');
    const name = basename(file, '.md');
    const digits = /^\d+/.exec(name)?.[0];
    const number = digits === undefined ? undefined : Number(digits);
    return { name, language, number, title: /^# (.*)/.exec(text)?.[1] ?? name, text };
  });
  return chapters.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

/** Both languages. */
export const read_guides = (): Record<Language, Chapter[]> =>
  Object.fromEntries(LANGUAGES.map((language) => [language, read_guide(language)])) as Record<Language, Chapter[]>;

/** How a line of the Perl is named: the file, and one line or several. */
export const REFERENCE = /\b(eliza_hup\.pl|Daemon\.pm):(\d+)(?:-(\d+))?/g;

/** The name of a file in a link: `daemon` of Daemon.pm. */
export const stem = (perl: string): string => perl.replace(/\..*/, '').toLowerCase();

/** The ranges that a page speaks of: by line, or as a whole where it shows a part in two columns. */
function ranges(text: string, { perl, sections }: Listing): [from: number, to: number][] {
  const named = [...text.matchAll(REFERENCE)].filter(([, file]) => file === perl)
    .map(([, , from = '', to = from]): [number, number] => [Number(from), Number(to)]);
  const shown = [...text.matchAll(/tools\/compare\.js ([\w ]+)$/gm)].flatMap(([, names = '']) => names.split(' '));
  return [...named, ...sections.filter(({ name }) => shown.includes(name)).map(({ from, to }): [number, number] => [from, to])];
}

/**
 * Which chapters speak of which line.
 *
 * @param chapters the guide
 * @returns the chapters by line, `Daemon.pm:97`
 */
export function speakers(chapters: readonly Chapter[]): Map<string, Chapter[]> {
  const found = new Map<string, Chapter[]>();
  for (const chapter of chapters.filter(({ number }) => number !== undefined)) {
    for (const listing of listings) {
      const lines = new Set(ranges(chapter.text, listing).flatMap(([from, to]) =>
        Array.from({ length: to - from + 1 }, (_, i) => from + i)));
      for (const line of lines) {
        const key = `${listing.perl}:${line}`;
        found.set(key, [...found.get(key) ?? [], chapter]);
      }
    }
  }
  return found;
}
