/**
 * A script made ready: its patterns compiled, its keywords in a table. What Eliza.ts would otherwise do again for every
 * line, as the Perl does.
 *
 * @module
 */
import { lower, matcher, pattern, rule_pattern, split, Words, type Matcher } from './Pattern.ts';
import { SUBSEP, type ScriptData } from './Script.ts';

/** A keyword with all its rules. */
export interface Keyword {
  /** The word. */
  readonly word: string;
  /** What Perl makes of its rank in a comparison. */
  readonly rank: number;
  /** Its rank as the script writes it. */
  readonly shown: string;
  /** Its decomposition rules. */
  readonly rules: readonly Rule[];
}

/** A decomposition rule. */
export interface Rule {
  /** The rule as the script writes it. */
  readonly decomp: string;
  /** The key to its reassembly rules. */
  readonly key: string;
  /** Matches a sentence. */
  readonly match: Matcher;
}

/** A word to be replaced, and by what: an entry of `%pre` or `%post`. */
export interface Substitution {
  /** The word, wherever it stands. */
  readonly every: RegExp;
  /** What replaces it. */
  readonly by: string;
}

/** A script made ready. */
export interface Engine {
  /** Words replaced before anything else. */
  readonly pre: Words<Substitution>;
  /** Words replaced in what is said back. */
  readonly post: Words<Substitution>;
  /** Keywords, to be looked for in a sentence. */
  readonly found: Words<Keyword>;
  /** Keywords by name, for `goto`. */
  readonly keywords: ReadonlyMap<string, Keyword>;
}

/**
 * What Perl makes of a rank in a comparison: the number that the text begins with, or 0.
 *
 * @param text the rank as the script writes it
 * @returns the number; like Perl's it may be infinite, or none (NaN), which is neither more nor less than another
 */
export function rank_of(text: string): number {
  const start = /^[ \t-\r]*(?:([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)|([+-]?)(inf|nan))/i.exec(text);
  if (!start) return 0;
  const [, number, sign = '', word = ''] = start;
  return number === undefined ? Number(word.toLowerCase() === 'nan' ? 'NaN' : `${sign}Infinity`) : Number(number);
}

/** A rule is compiled when a line first comes to it, and dies only then, where it has no synonyms: as in the Perl. */
function rule(word: string, decomp: string, data: ScriptData): Rule {
  let match: Matcher | undefined;
  return {
    decomp,
    key: word + SUBSEP + decomp,
    match: (text, low) => (match ??= matcher(rule_pattern(decomp, data.synon)))(text, low),
  };
}

/**
 * Makes a script ready.
 *
 * @param data the script
 * @returns the same, compiled
 * @throws PatternError for a keyword or a word that is no pattern
 */
export function compile(data: ScriptData): Engine {
  // To Perl an empty pattern is the one that matched last. That was the edge of a word, twice.
  const substitutions = (table: Map<string, string>): Words<Substitution> =>
    new Words(Array.from(table, ([word, by]) => [word, { every: pattern(word || '\\b', 'g'), by }]));
  const keywords = new Map(Array.from(data.decomplist, ([word, decomps]) => {
    const shown = data.keyranks.get(word) ?? '';
    const rules = decomps.map((decomp) => rule(word, decomp, data));
    return [word, { word, rank: rank_of(shown), shown, rules }];
  }));
  return { pre: substitutions(data.pre), post: substitutions(data.post), found: new Words(keywords), keywords };
}

/**
 * The keywords that may answer a sentence.
 *
 * @param engine the script
 * @param part the sentence
 * @param low the same in lower case
 * @param goto the keyword of the last `goto` in this line, '' where there was none: that alone finds a keyword that is
 *   called '', which a `goto` to no word has made (Eliza.pm:719)
 * @returns the keywords, in the script's order
 */
export function candidates({ found, keywords }: Engine, part: string, low: string, goto: string): Keyword[] {
  const all = found.all(part, low);
  const nameless = goto === '' ? keywords.get('') : undefined;
  return nameless && !all.includes(nameless) ? [...all, nameless] : all;
}

/**
 * What preprocess and postprocess have in common: each word is replaced by the first rule that finds itself in it.
 *
 * @param words the rules
 * @param string what to replace words in
 * @returns the same with words replaced
 */
export function replace_words(words: Words<Substitution>, string: string): string {
  const low = lower(string);
  if (!words.any(string, low)) return string.endsWith(' ') ? split(string, ' ').join(' ') : string;
  const lows = low.split(' ');
  return split(string, ' ').map((word, i) => {
    const found = words.first(word, lows[i] ?? '');
    return found ? word.replace(found.every, () => found.by) : word;
  }).join(' ');
}

/**
 * What a line is before keywords are looked for in it: its words replaced, and a full stop between its sentences. A
 * conjunction parts them as punctuation does, even within a word: `my button` (erratum 34).
 *
 * @param engine the script
 * @param string what was said
 * @returns sentences with full stops between them
 */
export function normalize({ pre }: Engine, string: string): string {
  return replace_words(pre, string).replace(/[?!,]/g, '.').replace(/but/g, '.');
}
