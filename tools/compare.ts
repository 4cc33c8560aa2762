#!/usr/bin/env node
/**
 * `npm run compare`: the mirror files beside their Perl, in two columns, line by line.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { argv, env, exit, stderr, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Chalk, chalkStderr, default as default_chalk } from 'chalk';
import { root } from './common/processes.ts';
import { parse_mirror, select, shown, type Row } from './mirror.ts';
import { listings, type Listing } from './perl-lines.ts';
import { in_few, read_copy, type Copy, type Wanted } from './perl-copy.ts';
import { plus_lines } from './plus-lines.ts';

const HELP = `Usage: npm run compare -- [--perl PATH] [--all | --plus | WHAT ...]

Prints the TypeScript beside its Perl, line by line. WHAT is a sub's name (launch_child), a part's (handlers), a file's
(Daemon.pm), or lines of the Perl: 28-39 of eliza_hup.pl, Daemon.pm:97 or Daemon.pm:97-101. Without WHAT it lists the names.

  --perl PATH  your own copy of the Perl: a file, plain or numbered by cat -n, a saved web page, or a folder of them.
               Without it the left column says in words what each Perl line does.
  --all        both files
  --plus       the lines of ours that Perl does not have, and why
  --help       print this and end

e24 at the end of a line of ours: it mends a fault of the Perl, number 24 in docs/errata.md.
`;

const columns = Math.max(60, stdout.isTTY ? Math.min(stdout.columns, 100) : 100);
const left = Math.floor((columns - 14) * 0.48); // two numbers of 4 and 3 columns, and what parts the columns
const right = columns - 14 - left;
const chalk = new Chalk({ level: env.NO_COLOR ? 0 : default_chalk.level });

/** What is to be shown: some lines of one Perl file. */
interface Range {
  readonly listing: Listing;
  readonly from: number;
  readonly to: number;
}

/** One line on STDERR and status 2. */
function refuse(why: string): never {
  stderr.write(`${(env.NO_COLOR ? String : chalkStderr.red)('compare')}: ${why}\n`);
  exit(2);
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

/** Cuts words into lines: at blanks, but for a word that is longer than a line. */
function cut(words: string, width: number): string[] {
  if (words.length <= width) return [words];
  const blank = words.lastIndexOf(' ', width);
  const end = words.slice(blank + 1).search(/ |$/) > width ? width : blank;
  return [words.slice(0, end).trimEnd(), ...cut(words.slice(end).trimStart(), width)];
}

/** Wraps at blanks where it can, and indents what it carries over as far as the line itself, and a little more. */
function wrap(text: string, width: number): string[] {
  if (text.length <= width) return [text];
  const words = text.trimStart();
  const indent = Math.min(text.length - words.length, width >> 1);
  if (words.length <= width) return [words.padStart(width)];
  const deeper = ' '.repeat(Math.min(indent + 2, width >> 1));
  const [first = ''] = cut(words, width - indent);
  const more = cut(words.slice(first.length).trimStart(), width - deeper.length);
  return [' '.repeat(indent) + first, ...more.map((line) => deeper + line)];
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
    return { n, text: text ?? lines[n - 1] ?? '', look: text === undefined ? chalk.italic.cyan : String };
  });
  const look = /^\s*(\/\/|\/?\*)/.test(row.text) ? chalk.green : String;
  const a = cells(perl_lines, left, 3);
  const b = cells([{ n: row.number, text: shown(row), look }], right, 4);
  const bar = row.kind === 'plus' ? chalk.yellow('+') : chalk.dim('│');
  const nothing = ' '.repeat(left + 5);
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => `${a[i] ?? nothing} ${bar} ${b[i] ?? ''}`.trimEnd());
}

function print_range({ listing, from, to }: Range, copy: Map<string, Copy> | undefined): string[] {
  const rows = select(mirror_of(listing), from, to);
  const title = `${listing.perl}:${from}${to > from ? `-${to}` : ''}`;
  const ours = `${listing.ts}:${rows[0]?.number ?? 0}-${rows.at(-1)?.number ?? 0}`;
  const out = [chalk.bold(title.padEnd(left + 10) + ours)];
  for (const row of rows) out.push(...show(row, { listing, from, to }, copy));
  const own = copy?.get(listing.perl);
  const missing = count(from, to).filter((n) => !own?.has(n) && listing.lines[n - 1]);
  if (copy && missing.length > 0) {
    const lacks = `Your copy lacks ${missing.length === 1 ? 'line' : 'lines'} ${in_few(missing)} of ${listing.perl}.`;
    out.push(...wrap(lacks, columns).map((line) => chalk.yellow(line)));
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
      ...wrap(why(row), columns - 8).map((line) => `        ${chalk.cyan(line)}`),
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
  try {
    const { values, positionals } = parseArgs({
      args: argv.slice(2),
      allowPositionals: true,
      options: {
        all: { type: 'boolean' }, plus: { type: 'boolean' }, help: { type: 'boolean' }, perl: { type: 'string' },
      },
    });
    if (values.help) return [HELP.trimEnd()];
    if (values.plus) return print_plus();
    const wanted = values.all ? listings.map(({ perl }) => perl) : positionals;
    const copy = values.perl === undefined ? undefined : copy_at(values.perl);
    if (wanted.length === 0 && copy === undefined) return print_names();
    // Only a copy: all that it has.
    const words = wanted.length > 0 ? wanted : [...copy?.keys() ?? []];
    return words.flatMap(ranges).flatMap((range) => print_range(range, copy));
  } catch (error) {
    return refuse(error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error));
  }
}

stdout.on('error', () => { exit(0); }); // whoever read it, head perhaps, has read enough
stdout.write(`${main().join('\n').trimEnd()}\n`);
