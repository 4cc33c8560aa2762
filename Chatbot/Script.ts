/**
 * A script read and checked: what parse_script_data fills a bot with (Eliza.pm:1030-1130).
 *
 * Where the Perl dies, reading dies, with file and line. Where the Perl goes on in silence, {@link check} says what
 * looks wrong. Whether a conversation could go round for ever is found out in Circle.ts.
 *
 * @module
 */
import { $ } from '../perl/perlvar.ts';
import { groups, matcher, pattern, PatternError, rule_pattern, split, SynonymError } from './Pattern.ts';

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
  /** For stack traces. */
  override name = 'ScriptError';
}

/** What a script's line can be. */
type Type = keyof Omit<ScriptData, 'keyranks' | 'decomplist' | 'reasmblist' | 'reasmblist_for_memory'>
  | 'key' | 'decomp' | 'reasmb' | 'reasm_for_memory' | 'unknown';

/** A line of a script, for what there is to say about it: its text is the word or the rule that it is about. */
interface Entry {
  readonly type: Type;
  readonly keyword: string;
  readonly decomp: string;
  readonly text: string;
  readonly line: number;
}

/** A script as read from one file. */
export interface Script {
  /** The data; shared by all the bots of a process, so never to be changed. */
  readonly data: ScriptData;
  /** The file's name. */
  readonly file: string;
  /** Its lines, for {@link check}. */
  readonly entries: readonly Entry[];
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

function at(message: string, file: string, line: number): string {
  return `${message} at ${file} line ${line}.\n`;
}

/**
 * Ends the reading of a script.
 *
 * @param why what is wrong with it
 * @param file its name
 * @param line where
 * @throws ScriptError always
 */
export function fail(why: string, file: string, line: number): never {
  throw new ScriptError(at(`${program()}: error parsing script:  ${why}.`, file, line));
}

/** @returns `$0`; a browser has none */
export function program(): string {
  return typeof process === 'undefined' ? 'eliza' : process.argv[1] ?? '-';
}

/** Perl's `/(\S*)\s*(.*)/`: a word and the rest. `[ \t-\r]` is what `\s` is on bytes. */
function word_and_rest(entry: string): [word: string, rest: string] {
  const [, word = '', rest = ''] = /^[ \t-\r]*([^ \t-\r]*)[ \t-\r]*([^]*)$/.exec(entry) ?? [];
  return [word, rest];
}

/**
 * Reads a script's text. An entry type counts wherever it stands in the word before the colon, the first of the
 * Perl's list first; what follows the colon keeps the blanks at its end. A line may end in CR LF (erratum 42: to the
 * Perl the CR belongs to the entry).
 *
 * @param text the script, one byte a character
 * @param file its name, for messages
 * @returns the script, not yet checked
 * @throws ScriptError for a rule that stands before what it belongs to
 */
export function parse(text: string, file: string): Script {
  const data = empty();
  const entries: Entry[] = [];
  let keyword = '';
  let decomp: string | undefined;
  let line = 0;

  const reassembly = (list: Map<string, string[]>, entry: string): void => {
    if (decomp === undefined) return fail('reassembly rule with no decomposition rule', file, line);
    push(list, keyword + SUBSEP + decomp, entry);
  };
  const enter: Record<Exclude<Type, 'unknown'>, (entry: string, word: string, rest: string) => void> = {
    quit: (entry) => { data.quit.push(entry); },
    initial: (entry) => { data.initial.push(entry); },
    final: (entry) => { data.final.push(entry); },
    decomp: (entry) => {
      if (keyword === '') return fail('decomposition rule with no keyword', file, line);
      decomp = entry;
      push(data.decomplist, keyword, entry);
    },
    reasmb: (entry) => { reassembly(data.reasmblist, entry); },
    reasm_for_memory: (entry) => { reassembly(data.reasmblist_for_memory, entry); },
    pre: (_, word, rest) => { data.pre.set(word, rest); },
    post: (_, word, rest) => { data.post.set(word, rest); },
    synon: (_, word, rest) => { data.synon.set(word, split(rest, ' ')); },
    key: (_, word, rest) => {
      keyword = word;
      decomp = undefined;
      data.keyranks.set(word, rest);
    },
  };
  const types = Object.keys(enter) as (keyof typeof enter)[];

  for (const content of text.split(/\r?\n|\r$/)) {
    line++;
    if (/^[ \t-\r]*(?:#|$)/.test(content)) continue;
    const [, name = '', entry = ''] = /^[ \t-\r]*([^ \t-\r]*)[ \t-\r]*:[ \t-\r]*([^]*)$/.exec(content) ?? [];
    const type = types.find((one) => name.includes(one));
    const [word, rest] = word_and_rest(entry);
    if (type) enter[type](entry, word, rest);
    const about = type === undefined ? content.trim() : type === 'pre' || type === 'post' || type === 'key' ? word : entry;
    entries.push({ type: type ?? 'unknown', keyword, decomp: decomp ?? '', text: about, line });
  }
  return { data, file, entries };
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

/** Refuses a word that JavaScript reads otherwise than Perl. */
function check_word({ type, text }: Entry): string | undefined {
  pattern(`\\b${text}\\b`);
  return text === '' ? `an empty word, which every word fits: ${type}` : undefined;
}

/** What is wrong with a reassembly rule. */
function check_reassembly({ decomp, text }: Entry, data: ScriptData): string | undefined {
  const target = goto_of(text);
  if (target !== undefined) return data.decomplist.has(target) ? undefined : `goto to an unknown key: ${text}`;
  const most = Math.max(0, ...Array.from(text.matchAll(/\((\d)\)/g), (match) => Number(match[1])));
  const wildcards = decomp.split('*').length - 1 + (decomp.includes('@') ? 1 : 0) + groups(decomp);
  return most > wildcards ? `(${most}) is beyond the ${wildcards} wildcards of: ${decomp}` : undefined;
}

/** What there is to say about a line of each type; what is thrown is fatal. */
const CHECKS: Partial<Record<Type, (entry: Entry, data: ScriptData) => string | undefined>> = {
  quit: check_word,
  pre: check_word,
  post: check_word,
  key: (entry, data) => {
    const empty = check_word(entry);
    return empty ?? (/^[+-]?\.?\d/.test(data.keyranks.get(entry.text) ?? '') ? undefined : `key without a rank: ${entry.text}`);
  },
  decomp: ({ keyword, text }, data) => {
    matcher(rule_pattern(text, data.synon));
    return data.reasmblist.has(keyword + SUBSEP + text) ? undefined : `decomposition rule with no reassembly rule: ${text}`;
  },
  reasmb: check_reassembly,
  reasm_for_memory: check_reassembly,
  unknown: ({ text }) => `unknown entry type: ${text}`,
};

/** What looks wrong in a line of a script. */
interface Warning {
  readonly text: string;
  readonly line: number;
}

/**
 * All that looks wrong, in one line: the first of each kind, and how many more there are of it. Of a kind are messages
 * that begin with the same words, up to a colon.
 */
function summary(warnings: readonly Warning[], file: string): string | undefined {
  const kinds = new Map<string, Warning[]>();
  for (const warning of warnings) {
    const kind = warning.text.replace(/:[^]*/, '').replace(/\d+/g, '');
    kinds.set(kind, [...kinds.get(kind) ?? [], warning]);
  }
  const texts = Array.from(kinds.values(), ([first, ...more]) => {
    const where = kinds.size > 1 ? ` in line ${first?.line ?? 0}` : '';
    return `${first?.text ?? ''}${where}${more.length > 0 ? ` (and ${more.length} more of the kind)` : ''}`;
  });
  const [first] = warnings;
  return first && at(`${program()}: script warning:  ${texts.join('; ')}.`, file, first.line);
}

/**
 * Where to point for what is missing in a script.
 *
 * @param script the script
 * @returns the number of its last line that says something
 */
export function last_line({ entries }: Script): number {
  return entries.at(-1)?.line ?? 1;
}

/**
 * Looks a script over, once it has been added to what there was.
 *
 * @param script what was read
 * @param data all that the bot has now
 * @returns what the Perl passes over in silence, or dies of only when a conversation comes there: one line with its
 *   newline, or undefined
 * @throws ScriptError for a script without a key, and for a pattern refused
 */
export function check(script: Script, data: ScriptData): string | undefined {
  const { file, entries } = script;
  const end = last_line(script);
  if (data.keyranks.size === 0) fail('the script is empty', file, end);
  const warnings: Warning[] = [];
  for (const entry of entries) {
    try {
      const text = CHECKS[entry.type]?.(entry, data);
      if (text !== undefined) warnings.push({ text, line: entry.line });
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      if (!(error instanceof SynonymError)) fail(error.message, file, entry.line);
      warnings.push({ text: error.message, line: entry.line });
    }
  }
  for (const name of ['initial', 'final'] as const) {
    if (data[name].length === 0) warnings.push({ text: `no ${name} line`, line: end });
  }
  return summary(warnings, file);
}

/** The script's text, one byte a character. */
function read(file: string, own: boolean): string {
  const { existsSync, readFileSync } = process.getBuiltinModule('node:fs');
  const beside = new URL(file, import.meta.url);
  try {
    return readFileSync(own || (!file.includes('/') && !existsSync(file) && existsSync(beside)) ? beside : file, 'latin1');
  } catch (error) {
    if (!(error instanceof Error && 'errno' in error && typeof error.errno === 'number')) throw error;
    $['!'] = -error.errno;
    throw new ScriptError(`Could not read from file ${file} : ${$['!']}\n`);
  }
}

const scripts = new Map<string, Script>();

/**
 * Reads a script once a process: after that its file may be out of reach, as it is for a child under chroot.
 *
 * @param name its file; a bare name is also looked for beside this file, and '' is doctor.txt
 * @returns the script, not yet checked
 * @throws ScriptError when it cannot be read, in Perl's words (line 1040), or as {@link parse}
 */
export function load(name: string): Script {
  const file = name === '' ? 'doctor.txt' : name;
  let script = scripts.get(name);
  if (!script) scripts.set(name, script = parse(read(file, name === ''), file));
  return script;
}
