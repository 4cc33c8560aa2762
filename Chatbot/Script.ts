/**
 * A script read and checked: what parse_script_data fills a bot with (Eliza.pm:1030-1130).
 *
 * Where the Perl dies, or would go round for ever once a conversation came there, reading dies, with file and line.
 * Where the Perl goes on in silence, {@link warnings} says what looks wrong.
 *
 * @module
 */
import { $ } from '../perl/perlvar.ts';
import { matcher, pattern, PatternError, rule_pattern, SynonymError } from './Pattern.ts';

/** `$;`: what joins a keyword and its decomposition rule into one key. */
export const SUBSEP = '\x1c';

/** What a script holds, by the names that Chatbot::Eliza's documentation gives it. */
export interface ScriptData {
  /** Keywords and their ranks, as written: the debug text shows them so. */
  keyranks: Map<string, string>;
  /** Keywords and their decomposition rules. */
  decomplist: Map<string, string[]>;
  /** Keyword, `$;` and decomposition rule, and their reassembly rules. */
  reasmblist: Map<string, string[]>;
  /** The same for a line that was pulled from memory. */
  reasmblist_for_memory: Map<string, string[]>;
  /** Words replaced before anything else. */
  pre: Map<string, string>;
  /** Words replaced in what the user said when it is said back. */
  post: Map<string, string>;
  /** A word of a decomposition rule and what counts as the same. */
  synon: Map<string, string[]>;
  /** Greetings. */
  initial: string[];
  /** Farewells. */
  final: string[];
  /** Patterns that end the conversation. */
  quit: string[];
}

/** A script that cannot be used; the message ends in a newline, as it will be printed. */
export class ScriptError extends Error {
  override name = 'ScriptError';
}

/** A rule that something is to be said about, and where it stands. */
interface Mark {
  readonly kind: 'decomp' | 'reasmb' | 'pattern' | 'synon' | 'unknown' | 'rank';
  readonly keyword: string;
  readonly decomp: string;
  readonly entry: string;
  readonly line: number;
}

/** A script as read from one file. */
export interface Script {
  /** The data; shared by all the bots of a process, so never to be changed. */
  readonly data: ScriptData;
  /** The file's name. */
  readonly file: string;
  /** Every rule that can be wrong, for {@link check}. */
  readonly marks: readonly Mark[];
}

/** @returns a script without a line */
export function empty(): ScriptData {
  return {
    keyranks: new Map(), decomplist: new Map(), reasmblist: new Map(), reasmblist_for_memory: new Map(),
    pre: new Map(), post: new Map(), synon: new Map(), initial: [], final: [], quit: [],
  };
}

/** Perl's `push @{ $hash{$key} }, $value`, which makes the list when there is none. */
function push(hash: Map<string, string[]>, key: string, ...values: string[]): void {
  const list = hash.get(key);
  if (list) list.push(...values);
  else hash.set(key, values);
}

/**
 * Perl's `split / /`: empty fields at the end are dropped.
 *
 * @param text what to split
 * @param separator one character
 * @returns the fields
 */
export function split(text: string, separator: string): string[] {
  const fields = text.split(separator);
  while (fields.at(-1) === '') fields.pop();
  return fields;
}

function at(message: string, file: string, line: number): string {
  return `${message} at ${file} line ${line}.\n`;
}

function fail(why: string, file: string, line: number): never {
  throw new ScriptError(at(`${program()}: error parsing script:  ${why}.`, file, line));
}

/** `$0`; a browser has none. */
function program(): string {
  return typeof process === 'undefined' ? 'eliza' : process.argv[1] ?? '-';
}

/**
 * Reads a script's text. An entry type counts wherever it stands in the word before the colon, as in the Perl.
 *
 * @param text the script, one byte a character
 * @param file its name, for messages
 * @returns the script, not yet checked
 * @throws ScriptError for a rule that stands before what it belongs to
 */
export function parse(text: string, file: string): Script {
  const data = empty();
  const marks: Mark[] = [];
  let keyword = '';
  let decomp: string | undefined;

  text.split('\n').forEach((content, index) => {
    const line = index + 1;
    const mark = (kind: Mark['kind'], entry: string): void => {
      marks.push({ kind, keyword, decomp: decomp ?? '', entry, line });
    };
    if (/^[ \t-\r]*(?:#|$)/.test(content)) return;
    const [, type = '', entry = ''] = /^[ \t-\r]*([^ \t-\r]*)[ \t-\r]*:[ \t-\r]*([^]*)$/.exec(content) ?? [];

    const reassembly = (list: Map<string, string[]>): void => {
      if (decomp === undefined) return fail('reassembly rule with no decomposition rule', file, line);
      push(list, keyword + SUBSEP + decomp, entry);
      mark('reasmb', entry);
    };
    const [, key = '', value = ''] = /^[ \t-\r]*([^ \t-\r]*)[ \t-\r]*([^]*)$/.exec(entry) ?? [];
    const entries: [type: string, enter: () => void][] = [
      ['quit', () => { data.quit.push(entry); mark('pattern', entry); }],
      ['initial', () => { data.initial.push(entry); }],
      ['final', () => { data.final.push(entry); }],
      ['decomp', () => {
        if (keyword === '') return fail('decomposition rule with no keyword', file, line);
        decomp = entry;
        push(data.decomplist, keyword, entry);
        mark('decomp', entry);
      }],
      ['reasmb', () => { reassembly(data.reasmblist); }],
      ['reasm_for_memory', () => { reassembly(data.reasmblist_for_memory); }],
      ['pre', () => { data.pre.set(key, value); mark('pattern', key); }],
      ['post', () => { data.post.set(key, value); mark('pattern', key); }],
      ['synon', () => { data.synon.set(key, split(value, ' ')); }],
      ['key', () => {
        keyword = key;
        decomp = undefined;
        data.keyranks.set(key, value);
        mark('pattern', key);
        mark('rank', value);
      }],
    ];
    const known = entries.find(([name]) => type.includes(name));
    if (known) known[1]();
    else mark('unknown', content.trim());
  });
  return { data, file, marks };
}

/**
 * Adds a script to what a bot has, as a second parse_script_data does.
 *
 * @param data what the bot has; changed
 * @param more what comes to it; left as it is
 */
export function add(data: ScriptData, more: ScriptData): void {
  for (const name of ['keyranks', 'pre', 'post'] as const) more[name].forEach((value, key) => data[name].set(key, value));
  more.synon.forEach((value, key) => data.synon.set(key, [...value]));
  for (const name of ['decomplist', 'reasmblist', 'reasmblist_for_memory'] as const) {
    more[name].forEach((list, key) => { push(data[name], key, ...list); });
  }
  for (const name of ['initial', 'final', 'quit'] as const) data[name].push(...more[name]);
}

/**
 * The keyword that a reassembly rule goes on with (Eliza.pm:778). `\w` is ASCII: in `goto ähnlich` it is none, ''.
 *
 * @param reasmb the rule
 * @returns the keyword, or undefined where the rule is something to say
 */
export function goto_of(reasmb: string): string | undefined {
  return /^goto[ \t-\r](\w*)/i.exec(reasmb)?.[1];
}

/** The groups that a rule's pattern captures: `(1)` to `(9)` stand for them. */
function groups(source: string): number {
  return source.replace(/\\[^]|\[(?:\\[^]|[^\]])*\]/g, '').split(/\((?!\?)/).length - 1;
}

/** Follows gotos from keyword to keyword along rules that do nothing else; a way back would never end. */
function circle(data: ScriptData, from: string): string[] | undefined {
  const walk = (keyword: string, path: string[]): string[] | undefined => {
    if (path.includes(keyword)) return keyword === from ? [...path, keyword] : undefined;
    for (const decomp of data.decomplist.get(keyword) ?? []) {
      const rules = data.reasmblist.get(keyword + SUBSEP + decomp) ?? [];
      const targets = rules.map(goto_of);
      if (targets.length === 0 || targets.includes(undefined)) continue;
      for (const target of new Set(targets)) {
        const found = walk(target ?? '', [...path, keyword]);
        if (found) return found;
      }
    }
    return undefined;
  };
  return walk(from, []);
}

/**
 * Looks a script over, once it has been added to what there was.
 *
 * @param script what was read
 * @param data all that the bot has now
 * @returns what the Perl passes over in silence, a line each, with its newline
 * @throws ScriptError for what the Perl, sooner or later, never comes back from, and for a pattern refused
 */
export function check(script: Script, data: ScriptData): string[] {
  const { file, marks } = script;
  if (marks.length === 0 && data.keyranks.size === 0) fail('the script is empty', file, 1);
  const warnings: string[] = [];
  for (const { kind, keyword, decomp, entry, line } of marks) {
    const warn = (why: string): void => { warnings.push(at(`${program()}: script warning:  ${why}`, file, line)); };
    const key = keyword + SUBSEP + decomp;
    if (kind === 'unknown') {
      warn(`unknown entry type: ${entry}`);
    } else if (kind === 'rank') {
      if (!/^[+-]?\d/.test(entry)) warn(`key ${keyword} has no rank`);
    } else if (kind === 'decomp') {
      if (!data.reasmblist.has(key)) warn(`decomposition rule with no reassembly rule: ${entry}`);
      try {
        matcher(rule_pattern(entry, data.synon));
      } catch (error) {
        if (!(error instanceof PatternError)) throw error;
        if (error instanceof SynonymError) warn(error.message);
        else fail(error.message, file, line);
      }
    } else if (kind === 'pattern') {
      try {
        pattern(`\\b${entry}\\b`);
        if (entry === '') throw new PatternError('an empty pattern is whatever matched last');
      } catch (error) {
        if (!(error instanceof PatternError)) throw error;
        fail(error.message, file, line);
      }
    } else {
      const target = goto_of(entry);
      if (target !== undefined && !data.decomplist.has(target)) warn(`goto to an unknown key: ${entry}`);
      const most = Math.max(0, ...[...entry.matchAll(/\((\d+)\)/g)].map((match) => Number(match[1])));
      const wildcards = groups(rule_pattern(decomp, data.synon));
      if (most > wildcards) warn(`(${most}) is beyond the ${wildcards} wildcards of: ${decomp}`);
    }
  }
  if (!data.decomplist.has('xnone')) fail('no key xnone, which answers when nothing else does', file, script.marks.at(-1)?.line ?? 1);
  for (const keyword of data.decomplist.keys()) {
    const way = circle(data, keyword);
    if (way) fail(`goto circle: ${way.join(' -> ')}`, file, marks.find((mark) => mark.keyword === keyword && goto_of(mark.entry) !== undefined)?.line ?? 1);
  }
  return warnings;
}

/** Where a script may lie: as named, or, when the name has no folder, beside this file. */
function read(file: string): string {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const beside = new URL(file, import.meta.url);
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    if (!file.includes('/')) {
      try {
        return readFileSync(beside, 'latin1');
      } catch {
        // the first error says more
      }
    }
    $['!'] = error instanceof Error && 'errno' in error && typeof error.errno === 'number' ? -error.errno : 0;
    throw new ScriptError(`Could not read from file ${file} : ${$['!']}\n`);
  }
}

const scripts = new Map<string, Script>();

/**
 * Reads a script once a process: after that its file may be out of reach, as it is for a child under chroot.
 *
 * @param file its name; a bare name is also looked for beside this file
 * @returns the script, not yet checked
 * @throws ScriptError when it cannot be read, in Perl's words (line 1040), or as {@link parse}
 */
export function load(file: string): Script {
  let script = scripts.get(file);
  if (!script) scripts.set(file, script = parse(read(file === '' ? 'doctor.txt' : file), file === '' ? 'doctor.txt' : file));
  return script;
}
