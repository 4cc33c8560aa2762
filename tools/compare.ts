#!/usr/bin/env node
/**
 * `npm run compare`: the mirror files beside their Perl, in two columns, line by line.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { env, exit, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { Chalk, default as default_chalk } from 'chalk';
import { command_line } from './common/command.ts';
import { root } from './common/processes.ts';
import { columns_of_stdout, PIPED, wrap } from './common/terminal.ts';
import { parse_mirror, select, shown, type Row } from './mirror.ts';
import { listings, type Listing } from './perl-lines.ts';
import { in_few, read_copy, type Copy, type Wanted } from './perl-copy.ts';
import { plus_lines } from './plus-lines.ts';

const HELP = `Usage: npm run compare -- [--perl PATH] [--width N] [--all | --plus | WHAT ...]

Prints the TypeScript beside its Perl, line by line. WHAT is a sub's name (launch_child), a part's (handlers), a file's
(Daemon.pm), or lines of the Perl: 28-39 of eliza_hup.pl, Daemon.pm:97 or Daemon.pm:97-101. Without WHAT it lists the names.

  --perl PATH  your own copy of the Perl: a file, plain or numbered by cat -n, a saved web page, or a folder of them.
               Without it the left column says in words what each Perl line does.
  --all        both files
  --plus       the lines of ours that Perl does not have, and why
  --width N    so many columns; without it as many as the terminal has, and ${PIPED} where it goes elsewhere
  --help       print this and end
  --version    print the version and end

e24 at the end of a line of ours: it mends a fault of the Perl, number 24 in docs/errata.md.
`;

const { values, words: typed, refuse, number: number_of } = command_line({
  name: 'compare', help: HELP, words: Infinity,
  options: { all: { type: 'boolean' }, plus: { type: 'boolean' }, perl: { type: 'string' }, width: { type: 'string' } },
});
const NARROWEST = 20;
const columns = Math.max(NARROWEST, number_of('width', columns_of_stdout(), { from: NARROWEST, to: 1000, whole: true }));
const beside = columns >= 60; // else one below the other, since lines of a few words are none
const left = beside ? Math.floor((columns - 14) * 0.48) : columns - 8; // numbers of 4 and 3 columns, and what parts the columns
const right = beside ? columns - 14 - left : columns - 8;
/** No colours, which one theme or another makes illegible: the terminal's own, bold, dim or slanted. */
const chalk = new Chalk({ level: env.NO_COLOR ? 0 : default_chalk.level });

/** What is to be shown: some lines of one Perl file. */
interface Range {
  readonly listing: Listing;
  readonly from: number;
  readonly to: number;
}

/** How many letters must be added, left out or changed to make one word of another: Levenshtein's distance. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i); // from nothing to the first i letters
  for (let n = 1; n <= from.length; n++) {
    const next = [n];
    for (let i = 1; i <= to.length; i++) {
      const [left = 0, above = 0, across = 0] = [next[i - 1], row[i], row[i - 1]];
      next.push(Math.min(left + 1, above + 1, across + (from[n - 1] === to[i - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

/** The nearest of some names. */
function nearest(word: string, names: readonly string[]): string {
  const near = (name: string): number => distance(word.toLowerCase(), name.toLowerCase()) - (name.includes(word) ? 100 : 0);
  return [...new Set(names)].sort((a, b) => near(a) - near(b)).slice(0, 3).join(', ');
}

/** A line range of one file, checked. */
function lines_of(listing: Listing, from: number, to: number): Range {
  const last = listing.lines.length;
  if (from < 1 || to > last || from > to) {
    const other = listings.find(({ lines }) => listing !== listings[1] && from <= to && to <= lines.length);
    const hint = other ? `; Daemon.pm:${from}${to > from ? `-${to}` : ''} are those of Daemon.pm` : '';
    refuse(`${listing.perl} has lines 1 to ${last}, not ${from}${to === from ? '' : `-${to}`}${hint}`);
  }
  return { listing, from, to };
}

/** What the words of the command line ask for. */
function ranges(word: string): Range[] {
  const [, file, from, to = from] = /^(?:([\w.]+):)?(\d+)(?:-(\d+))?$/.exec(word) ?? [];
  const files = listings.filter(({ perl }) => perl === (from === undefined ? word : file ?? 'eliza_hup.pl'));
  if (from !== undefined && files[0]) return [lines_of(files[0], Number(from), Number(to))];
  if (files[0]) return [lines_of(files[0], 1, files[0].lines.length)];
  const named = listings.flatMap((listing) => listing.sections.filter(({ name }) => name === word)
    .map(({ from, to }) => ({ listing, from, to })));
  if (named.length > 0) return named;
  const names = listings.flatMap(({ perl, sections }) => [perl, ...sections.map(({ name }) => name)]);
  return refuse(`nothing is called "${word}"; the nearest are ${nearest(word, names)}`);
}

function mirror_of({ ts }: Listing): Row[] {
  return parse_mirror(readFileSync(join(root, ts), 'utf8'));
}

/** The files that a path of the reader's means. */
function files_at(path: string): string[] {
  const file = path.startsWith('file:') ? fileURLToPath(path) : path;
  if (!existsSync(file)) refuse(`there is no ${file}`);
  if (!statSync(file).isDirectory()) return [file];
  return readdirSync(file).filter((name) => /\.(pl|pm|txt|html?)$/i.test(name)).sort().map((name) => join(file, name));
}

/** The reader's own copy of the Perl. */
function copy_at(path: string): Map<string, Copy> {
  const wanted = listings.map((listing): Wanted => ({
    perl: listing.perl, length: listing.lines.length, rows: mirror_of(listing),
  }));
  const all = new Map<string, Copy>();
  for (const file of files_at(path)) {
    for (const [perl, lines] of read_copy(readFileSync(file, 'utf8'), wanted)) {
      const copy = all.get(perl) ?? new Map<number, string>();
      for (const [number, text] of lines) if (!copy.has(number)) copy.set(number, text);
      all.set(perl, copy);
    }
  }
  if (all.size === 0) refuse(`in ${path} no line of ${listings.map(({ perl }) => perl).join(' or ')} is recognised`);
  return all;
}

const number = (n: number | undefined, width: number): string => chalk.dim((n === undefined ? '' : String(n)).padStart(width));

/** A piece of a column: its lines, each with its number on the first line that it takes. */
function cells(lines: readonly { n: number; text: string; look: (text: string) => string }[], width: number, digits: number):
string[] {
  return lines.flatMap(({ n, text, look }) => wrap(text, width).map((part, i) =>
    `${number(i === 0 ? n : undefined, digits)}  ${look(part)}${' '.repeat(width - part.length)}`));
}

/** All the numbers from one to another. */
function count(from: number, to: number): number[] {
  return Array.from({ length: Math.max(to - from + 1, 0) }, (_, i) => from + i);
}

/** The two columns of a row: the Perl lines it mirrors, as far as they are asked for, and itself. */
function show(row: Row, { listing: { lines, perl }, from, to }: Range, copy: Map<string, Copy> | undefined): string[] {
  const own = copy?.get(perl);
  const numbers = row.kind === 'mirror' ? count(Math.max(row.from, from), Math.min(row.through, to)) : [];
  const perl_lines = numbers.map((n) => {
    const text = own?.get(n)?.replaceAll('\t', '    ');
    return { n, text: text ?? lines[n - 1] ?? '', look: text === undefined ? chalk.italic : String };
  });
  const look = /^\s*(\/\/|\/?\*)/.test(row.text) ? chalk.dim : String;
  const a = cells(perl_lines, left, 3);
  const b = cells([{ n: row.number, text: shown(row), look }], right, 4);
  const bar = row.kind === 'plus' ? chalk.bold('+') : chalk.dim('│');
  if (!beside) return [...a.map((line) => line.trimEnd()), ...b.map((line) => `${bar}${line}`.trimEnd())];
  const nothing = ' '.repeat(left + 5);
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => `${a[i] ?? nothing} ${bar} ${b[i] ?? ''}`.trimEnd());
}

function print_range({ listing, from, to }: Range, copy: Map<string, Copy> | undefined): string[] {
  const rows = select(mirror_of(listing), from, to);
  const title = `${listing.perl}:${from}${to > from ? `-${to}` : ''}`;
  const ours = `${listing.ts}:${rows[0]?.number ?? 0}-${rows.at(-1)?.number ?? 0}`;
  const out = (beside ? [title.padEnd(left + 10) + ours] : [title, ours]).map((line) => chalk.bold(line));
  for (const row of rows) out.push(...show(row, { listing, from, to }, copy));
  const own = copy?.get(listing.perl);
  const missing = count(from, to).filter((n) => !own?.has(n) && listing.lines[n - 1]);
  if (copy && missing.length > 0) {
    const lacks = `Your copy lacks ${missing.length === 1 ? 'line' : 'lines'} ${in_few(missing)} of ${listing.perl}.`;
    out.push(...wrap(lacks, columns).map((line) => chalk.bold(line)));
  }
  return [...out, ''];
}

function print_plus(): string[] {
  return listings.flatMap((listing) => {
    const rows = mirror_of(listing).filter(({ kind }) => kind === 'plus');
    const why = ({ text }: Row): string =>
      plus_lines[listing.ts]?.find(([begins]) => text.trimStart().startsWith(begins))?.[1] ?? 'not said';
    return [chalk.bold(`${listing.ts}: ${rows.length} lines that ${listing.perl} does not have`), ...rows.flatMap((row) => [
      ...cells([{ n: row.number, text: row.text.trim(), look: String }], columns - 6, 4).map((line) => line.trimEnd()),
      ...wrap(why(row), columns - 8).map((line) => `        ${chalk.italic(line)}`),
    ]), ''];
  });
}

function print_names(): string[] {
  return listings.flatMap(({ perl, ts, sections }) => [
    chalk.bold(`${perl} and ${ts}`),
    ...sections.map(({ name, from, to }) => `  ${name.padEnd(20)}${from}-${to}`),
    '',
  ]);
}

function main(): string[] {
  if (values.plus) return print_plus();
  const wanted = values.all ? listings.map(({ perl }) => perl) : typed;
  const copy = values.perl === undefined ? undefined : copy_at(values.perl);
  if (wanted.length === 0 && copy === undefined) return print_names();
  // Only a copy: all that it has.
  const words = wanted.length > 0 ? wanted : [...copy?.keys() ?? []];
  return words.flatMap(ranges).flatMap((range) => print_range(range, copy));
}

stdout.on('error', () => { exit(0); }); // whoever read it, head perhaps, has read enough
stdout.write(`${main().join('\n').trimEnd()}\n`);
