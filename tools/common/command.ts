/**
 * The command line of a tool: what each of them understands, and how it refuses what it does not.
 *
 * The package has this file too, for `npx eliza`: it imports nothing that only a Linux has.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { argv, exit, stderr, stdout } from 'node:process';
import * as util from 'node:util'; // whole: a Node that has no parseArgs would end at its name, and not in version.ts
import type { ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/** What a tool takes. */
export interface Taken<T extends Options> {
  /** The tool's name, with which each of its messages begins. */
  readonly name: string;
  /** What `--help` prints: `Usage: …`, with a newline at its end. */
  readonly help: string;
  /** Its options, as node:util's parseArgs takes them, but for `--help` and `--version`, which every tool has. */
  readonly options: T;
  /** How many words it takes beside its options, at most; none where that is not said. */
  readonly words?: number;
  /** The command line; the program's own where it is not given. */
  readonly args?: string[];
}

/** What numbers an option takes; any from 0 on where nothing is said. */
export interface Numbers {
  /** The least. */
  readonly from?: number;
  /** The greatest. */
  readonly to?: number;
  /** Whether it must be a whole one. */
  readonly whole?: boolean;
}

/** What was typed. */
export interface Typed<T extends Options> {
  readonly values: ReturnType<typeof util.parseArgs<{ options: T }>>['values'];
  readonly words: readonly string[];
  /** Says in one line on STDERR why the tool does nothing, and ends it with status 2. */
  readonly refuse: (why: string) => never;
  /**
   * The number that an option was given; the default where it was not. Refuses what is no such number.
   *
   * @param option its name, without the hyphens
   * @param otherwise the default
   */
  readonly number: (option: keyof T & string, otherwise: number, numbers?: Numbers) => number;
}

/** @returns the project's name and version, as `--version` prints them */
function version(): string {
  const file = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { name, version } = JSON.parse(file) as Record<string, string>;
  return `${name ?? ''} ${version ?? ''}\n`;
}

const shown = (n: number): string => n.toLocaleString('en');

/** What an option takes, in words. */
function in_words({ from = 0, to = Infinity, whole = false }: Numbers): string {
  const range = to < Infinity ? ` from ${shown(from)} to ${shown(to)}` : from > -Infinity ? ` from ${shown(from)} on` : '';
  return `a ${whole ? 'whole ' : ''}number${range}`;
}

/**
 * Reads the command line. `--help` and `--version` are answered here, and end the program with status 0; an option, a
 * value or a word too many that the tool does not take ends it with status 2 and one line on STDERR.
 *
 * @returns what was typed
 */
export function command_line<const T extends Options>(
  { name, help, options, words = 0, args = argv.slice(2) }: Taken<T>,
): Typed<T> {
  const refuse = (why: string): never => {
    stderr.write(`${name}: ${why}\n`);
    exit(2);
  };
  const asked = args.find((word) => word === '--help' || word === '--version');
  if (asked !== undefined) {
    stdout.write(asked === '--help' ? help : version());
    exit(0);
  }
  const parse = (): Pick<Typed<T>, 'values' | 'words'> => {
    try {
      const { values, positionals } = util.parseArgs({ args, allowPositionals: true, options });
      return { values, words: positionals };
    } catch (error) {
      const [why = ''] = (error instanceof Error ? error.message : String(error)).split(/\. |\.?\n/);
      return refuse(`${why}; see --help`);
    }
  };
  const typed = parse();
  const extra = typed.words[words];
  if (extra !== undefined) refuse(`there is one word too many: "${extra}"; see --help`);
  const number: Typed<T>['number'] = (option, otherwise, numbers = {}) => {
    const text: unknown = typed.values[option as keyof typeof typed.values];
    if (typeof text !== 'string') return otherwise;
    const { from = 0, to = Infinity, whole = false } = numbers;
    const n = /^[+-]?\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : NaN;
    if (n >= from && n <= to && (!whole || Number.isInteger(n))) return n;
    return refuse(`--${option} takes ${in_words(numbers)}, not '${text}'`);
  };
  return { ...typed, refuse, number };
}
