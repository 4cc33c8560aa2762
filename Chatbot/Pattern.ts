/**
 * Perl's patterns on bytes, in JavaScript: what a script's keywords, synonyms and decomposition rules are made of.
 *
 * Three differences matter. On byte strings Perl's `\w`, `\b` and `/i` know ASCII only, where JavaScript's `i` also
 * folds É and é: so a letter becomes a class, `[eE]`, and no flag is used. `\s` is six blanks, where JavaScript has
 * some twenty. And a newline may follow the place where `$` matches. What JavaScript lacks, or means otherwise, is
 * refused.
 *
 * @module
 */

/** A pattern that JavaScript cannot take, or takes in another sense than Perl. */
export class PatternError extends Error {
  /** For stack traces. */
  override name = 'PatternError';
}

/** A decomposition rule's `@word` without synonyms: the Perl dies when a line comes to the rule. */
export class SynonymError extends PatternError {
  /** For stack traces. */
  override name = 'SynonymError';
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

/** What makes a pattern more than the text it matches. */
const SPECIAL = /[\\^$.|?*+()[\]{}]/;

/** What `\d` and its kin stand for inside a class; `\t-\r` are Perl's five control characters that are blanks. */
const CLASSES: Record<string, string> = { d: '0-9', w: 'a-zA-Z0-9_', s: '\\t-\\r ' };

/** The pieces of a pattern, longest first; whatever no piece takes is refused. */
const PIECE = new RegExp([
  String.raw`\\x(?:\{(?<braced>[\da-fA-F]{1,2})\}|(?<byte>[\da-fA-F]{2}))`,
  String.raw`\\(?<class>[dws])`,
  String.raw`\\(?<noclass>[DWS])`,
  String.raw`(?<edge>\\[bB])`,
  String.raw`(?<control>\\[tnrf])`,
  String.raw`\\(?<quoted>[^\da-zA-Z])`,
  String.raw`(?<set>\[\^?(?:\\[^]|[^\]\\[])+\])`,
  String.raw`(?<end>\$)`,
  String.raw`(?<dot>\.)`,
  String.raw`(?<structure>\^|\||\(\?(?::|<?[=!])|\((?![?*])|\))`,
  String.raw`(?<repeat>(?:[*+?]|\{\d+(?:,\d*)?\})\??(?![*+?{]))`,
  String.raw`(?<literal>[^\\[\]{}()^$.|*+?])`,
].join('|'), 'y');

/** One character outside a class. */
function literal(char: string): string {
  if (/[a-zA-Z]/.test(char)) return `[${char.toLowerCase()}${char.toUpperCase()}]`;
  return /[\\^$.|?*+()[\]{}/-]/.test(char) ? `\\${char}` : char;
}

/** The same letters in the other case, for a range inside a class: `a-f` gives `A-F`. */
function other_case(from: number, to: number): string {
  const shifted = (low: number, high: number, by: number): string => {
    const [first, last] = [Math.max(from, low), Math.min(to, high)];
    return first > last ? '' : `${String.fromCharCode(first + by)}-${String.fromCharCode(last + by)}`;
  };
  return shifted(65, 90, 32) + shifted(97, 122, -32);
}

/** A class, `[^a-f\d]`. */
function set(source: string, refuse: (why: string) => never): string {
  const not = source.startsWith('[^') ? '^' : '';
  const member = /\\x(?:\{([\da-fA-F]{1,2})\}|([\da-fA-F]{2}))|\\([dws])|\\([tnrf])|\\([^\da-zA-Z])|([^\\])/y;
  const unit = (): { code?: number; text: string } => {
    const found = member.exec(inner) ?? refuse('this class');
    const [, braced, byte, named, control, quoted, plain] = found;
    if (named !== undefined) return { text: CLASSES[named] ?? '' };
    const char = control !== undefined
      ? ({ t: '\t', n: '\n', r: '\r', f: '\f' })[control] ?? ''
      : quoted ?? plain ?? String.fromCharCode(Number.parseInt(braced ?? byte ?? '', 16));
    return { code: char.charCodeAt(0), text: `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}` };
  };
  const inner = source.slice(1 + not.length, -1);
  let text = '';
  for (member.lastIndex = 0; member.lastIndex < inner.length;) {
    const first = unit();
    if (inner[member.lastIndex] === '-' && member.lastIndex + 1 < inner.length) {
      member.lastIndex++;
      const last = unit();
      if (first.code === undefined || last.code === undefined || last.code < first.code) refuse('this range');
      text += `${first.text}-${last.text}${other_case(first.code, last.code)}`;
    } else {
      text += first.text + (first.code === undefined ? '' : other_case(first.code, first.code));
    }
  }
  return `[${not}${text}]`;
}

/**
 * Says in JavaScript what a Perl pattern says under `/i`.
 *
 * @param source the Perl pattern, one byte a character
 * @returns the source of a RegExp that needs no flag
 * @throws PatternError where JavaScript has no such thing, or means something else by it
 */
export function translate(source: string): string {
  const refuse = (why: string): never => {
    throw new PatternError(`pattern refused: ${why}: ${source}`);
  };
  const open: { captures: boolean; behind: boolean }[] = []; // the groups around the place we are at
  let closed: { captures: boolean } | undefined; // the group that ended just before it
  let out = '';
  for (PIECE.lastIndex = 0; PIECE.lastIndex < source.length;) {
    const at = PIECE.lastIndex;
    const piece = PIECE.exec(source)?.groups ?? refuse(`what Perl means at column ${at + 1}`);
    const { structure = '', repeat, set: members } = piece;
    const behind = open.at(-1)?.behind ?? false;
    if (repeat !== undefined && closed?.captures) refuse('a group within a repetition keeps what another round captured');
    if (behind && (repeat !== undefined || structure === '(')) refuse('looking behind in other than plain text');
    closed = undefined;
    if (structure.startsWith('(')) {
      open.push({ captures: false, behind: behind || structure.startsWith('(?<') });
      if (structure === '(') for (const group of open.slice(0, -1)) group.captures = true;
    } else if (structure === ')') {
      closed = open.pop();
    }
    out += members === undefined ? simple(piece) : set(members, refuse);
  }
  return out;
}

/** A piece that is no class between brackets. */
function simple(piece: Record<string, string | undefined>): string {
  const { class: inside, noclass, end, dot, edge, control, structure, repeat } = piece;
  if (inside !== undefined) return `[${CLASSES[inside] ?? ''}]`;
  if (noclass !== undefined) return `[^${CLASSES[noclass.toLowerCase()] ?? ''}]`;
  if (end !== undefined) return '(?=\\n?$)';
  if (dot !== undefined) return '[^\\n]';
  const code = piece['braced'] ?? piece['byte'];
  const char = code === undefined ? piece['quoted'] ?? piece['literal'] : String.fromCharCode(Number.parseInt(code, 16));
  return char === undefined ? edge ?? control ?? structure ?? repeat ?? '' : literal(char);
}

const compiled = new Map<string, RegExp>();

/**
 * `/pattern/i`, compiled once a process.
 *
 * @param source the Perl pattern, one byte a character
 * @param flags `''`, or `g` for `s///g`
 * @returns the RegExp
 * @throws PatternError as {@link translate}
 */
export function pattern(source: string, flags: '' | 'g' = ''): RegExp {
  const key = flags + '/' + source;
  let regexp = compiled.get(key);
  if (!regexp) {
    const text = translate(source);
    try {
      regexp = new RegExp(text, flags);
    } catch {
      throw new PatternError(`pattern refused: JavaScript cannot read it: ${source}`);
    }
    compiled.set(key, regexp);
  }
  return regexp;
}

/**
 * Lower case for ASCII letters alone, as `/i` sees bytes.
 *
 * @param text any text
 * @returns as long as it was
 */
export function lower(text: string): string {
  return /^[\0-\x7f]*$/.test(text) ? text.toLowerCase() : text.replace(/[A-Z]+/g, (upper) => upper.toLowerCase());
}

function is_word(code: number): boolean {
  return code >= 97 ? code <= 122 : code >= 65 ? code <= 90 || code === 95 : code >= 48 && code <= 57;
}

/** `\b`. Beyond either end charCodeAt gives NaN, which is no word. */
function edge(text: string, at: number): boolean {
  return is_word(text.charCodeAt(at - 1)) !== is_word(text.charCodeAt(at));
}

/** One way to read the text between two wildcards; `from` and `to` tell what its synonym captures, if it has one. */
interface Literal {
  readonly text: string;
  readonly capture: readonly [from: number, to: number] | undefined;
}

/** The text between two wildcards: as many literals as the synonym in it has words. */
type Segment = readonly Literal[];

const WILDCARD = '\\b(.*)\\b';
const BLANKS = '[ \\t-\\r]*';
const STAR = new RegExp(`${BLANKS}\\*${BLANKS}`, 'g');

/**
 * The pattern that Perl makes of a decomposition rule (Eliza.pm:736-746): each `*` a wildcard between word edges, the
 * last `@word` a group of that word and its synonyms; where it has none, of that word and nothing at all. An earlier `@`
 * stays as it is, and then matches only itself.
 *
 * @param decomp the rule as the script has it
 * @param synon the synonyms, `%synon`
 * @returns Perl's pattern
 * @throws SynonymError when there is no `synon:` line for the word
 */
export function rule_pattern(decomp: string, synon: ReadonlyMap<string, readonly string[]>): string {
  const source = decomp.replace(STAR, () => WILDCARD);
  if (!source.includes('@')) return source;
  const index = /^[^]*@(\w*)/.exec(source)?.[1] ?? '';
  const synonyms = synon.get(index);
  if (!synonyms) throw new SynonymError(`no synonyms for @${index}: Can't use an undefined value as an ARRAY reference`);
  const at = source.lastIndexOf(`@${index}`);
  return `${source.slice(0, at)}(${index}|${synonyms.join('|')})${source.slice(at + 1 + index.length)}`;
}

/**
 * Counts the groups that a pattern captures: `(1)` to `(9)` stand for them in a reassembly rule.
 *
 * @param source the Perl pattern
 * @returns how many
 */
export function groups(source: string): number {
  return source.replace(/\\[^]|\[(?:\\[^]|[^\]])*\]/g, '').split(/\((?!\?)/).length - 1;
}

/**
 * Reads a segment without anything special in it but one group of plain words; undefined when it has more. `[ ]` is a blank:
 * scripts write it where a blank beside a star, which a rule loses, is meant.
 */
function segment(source: string): Segment | undefined {
  const plain = lower(source.replaceAll('[ ]', ' '));
  const parts = /^([^\\^$.|?*+()[\]{}]*)(?:\(((?!\?)[^\\^$.?*+()[\]{}]*)\)([^\\^$.|?*+()[\]{}]*))?$/.exec(plain);
  if (!parts) return undefined;
  const [, before = '', words, after = ''] = parts;
  if (words === undefined) return [{ text: before, capture: undefined }];
  return words.split('|').map((word) => (
    { text: before + word + after, capture: [before.length, before.length + word.length] }));
}

/**
 * Matches a decomposition rule in time that grows only with the line, where backtracking takes a power of it: the
 * Perl needs seconds for `i i i …` (erratum 30).
 *
 * The captures are those that Perl's backtracking ends with. Each wildcard takes as much as it can, the first one
 * first; so the segment after it stands as far right as it can, whatever the wildcard's own beginning. That place
 * depends only on what follows: hence the segments are found from the last to the first, each searched for from the
 * right, and only the first segment, with nothing greedy before it, from the left.
 */
function linear(segments: readonly Segment[], text: string, low: string): string[] | undefined {
  const last = segments.length - 1;
  const starts: number[] = [];
  let limit = low.length; // no segment may end after the wildcard that follows it ends
  const fits = (literal: Literal, at: number, index: number): boolean =>
    at + literal.text.length <= limit
    && (index === 0 || edge(low, at)) && (index === last || edge(low, at + literal.text.length));

  for (let index = last; index > 0; index--) {
    let best = -1;
    for (const literal of segments[index] ?? []) {
      let at = limit < literal.text.length ? -1 : low.lastIndexOf(literal.text, limit - literal.text.length);
      while (at > best && !fits(literal, at, index)) at = at === 0 ? -1 : low.lastIndexOf(literal.text, at - 1);
      best = Math.max(best, at);
    }
    if (best < 0) return undefined;
    starts[index] = limit = best;
  }
  let first = Infinity;
  for (const literal of segments[0] ?? []) {
    let at = low.indexOf(literal.text);
    while (at >= 0 && at <= limit && !fits(literal, at, 0)) at = at === low.length ? -1 : low.indexOf(literal.text, at + 1);
    if (at >= 0 && at <= limit) first = Math.min(first, at);
  }
  if (first === Infinity) return undefined;
  starts[0] = first;

  const captures: string[] = [];
  segments.forEach((choices, index) => {
    const at = starts[index] ?? 0;
    limit = starts[index + 1] ?? low.length;
    const literal = choices.find((choice) => low.startsWith(choice.text, at) && fits(choice, at, index));
    if (literal?.capture) captures.push(text.slice(at + literal.capture[0], at + literal.capture[1]));
    if (index < last) captures.push(text.slice(at + (literal?.text.length ?? 0), limit));
  });
  return captures;
}

/**
 * Matches a text and gives what `$1`, `$2` … would hold, or undefined.
 *
 * @param text the text
 * @param low the same in lower case
 */
export type Matcher = (text: string, low: string) => string[] | undefined;

/**
 * Makes a decomposition rule ready to be matched: in linear time when it is made of wildcards, plain words and
 * synonyms, by JavaScript's own backtracking when it holds more of Perl's patterns.
 *
 * @param source what {@link rule_pattern} gave
 * @returns its matcher
 * @throws PatternError as {@link translate}
 */
export function matcher(source: string): Matcher {
  const segments = source.split(WILDCARD).map(segment);
  if (segments.every((one) => one !== undefined)) {
    // A wildcard stops at a newline, and a rule holds none: a match lies within one line.
    return (text, low) => {
      if (!text.includes('\n')) return linear(segments, text, low);
      for (const line of text.split('\n')) {
        const captures = linear(segments, line, lower(line));
        if (captures) return captures;
      }
      return undefined;
    };
  }
  const regexp = pattern(source);
  return (text) => regexp.exec(text)?.slice(1).map((capture: string | undefined) => capture ?? '');
}

const WORD = /\w+/g;
const NONE: readonly number[] = [];

/**
 * Words to be looked for in a text as `/\b$word\b/i` does it, all at once: those made of letters alone are looked up
 * among the text's own words, the others are tried one by one.
 */
export class Words<T> {
  readonly #list: readonly T[];
  readonly #plain = new Map<string, number[]>();
  readonly #patterns: (readonly [index: number, regexp: RegExp])[] = [];
  /** Without a real pattern among them, what is in no text is in no part of it. */
  readonly #literal: boolean;

  /**
   * @param entries words, and what is to be found by them, in the script's order
   * @throws PatternError as {@link translate}
   */
  constructor(entries: Iterable<readonly [word: string, value: T]>) {
    this.#list = Array.from(entries, ([word, value], index) => {
      if (!/^\w+$/.test(word)) this.#patterns.push([index, pattern(`\\b${word}\\b`)]);
      else this.#plain.set(lower(word), [...this.#plain.get(lower(word)) ?? [], index]);
      return value;
    });
    this.#literal = Array.from(entries).every(([word]) => !SPECIAL.test(word));
  }

  /**
   * Whether it is worth while to look at a text word by word.
   *
   * @param text several words
   * @param low the same in lower case
   * @returns false when surely none is in any of them
   */
  any(text: string, low: string): boolean {
    return !this.#literal || this.first(text, low) !== undefined;
  }

  /**
   * The first in the script's order.
   *
   * @param text where to look
   * @param low the same in lower case
   * @returns what was given with the first word that is in the text
   */
  first(text: string, low: string): T | undefined {
    let best = Infinity;
    for (const word of low.match(WORD) ?? []) {
      const index = this.#plain.get(word)?.[0];
      if (index !== undefined && index < best) best = index;
    }
    for (const [index, regexp] of this.#patterns) {
      if (index > best) break;
      if (regexp.test(text)) return this.#list[index];
    }
    return this.#list[best];
  }

  /**
   * All, in the script's order.
   *
   * @param text where to look
   * @param low the same in lower case
   * @returns what was given with the words that are in the text
   */
  all(text: string, low: string): T[] {
    const found: number[] = [];
    for (const word of low.match(WORD) ?? []) {
      for (const index of this.#plain.get(word) ?? NONE) if (!found.includes(index)) found.push(index);
    }
    for (const [index, regexp] of this.#patterns) if (regexp.test(text)) found.push(index);
    return found.sort((one, other) => one - other).map((index) => this.#list[index] as T);
  }
}
