/**
 * Scripts that go round for ever: what a `goto` can lead to, found out before anybody talks.
 *
 * On one sentence a keyword always comes to the same decomposition rule, the first that fits, and that rule gives its
 * answers in turn, so that each of them comes again and again. A chain of gotos is therefore endless if, and only if, it
 * comes to a keyword from which, on this sentence, every way leads to another goto: {@link closed}. A goto that is only
 * one of several answers is no circle, since another one's turn comes.
 *
 * Which sentence a circle needs cannot be had from patterns in general. So `lines` makes sentences up from the
 * words of the rules in question, and a script is refused only if a conversation of such lines has been seen to go
 * round. What none of them finds is met in the conversation, where the gotos of a line are counted.
 *
 * @module
 */
import { normalize, type Engine, type Keyword, type Rule } from './Engine.ts';
import { lower, split } from './Pattern.ts';
import { goto_of, SUBSEP, type ScriptData } from './Script.ts';

/** The place where a line has gone through more gotos than it may. */
export class TooManyGotos extends Error {
  /** For stack traces. */
  override name = 'TooManyGotos';
  /** The keyword that comes next. */
  readonly word: string;
  /** The sentence. */
  readonly part: string;
  /** Whether the line was pulled from memory. */
  readonly memory: boolean;

  /**
   * Notes the place.
   *
   * @param word the keyword that comes next
   * @param part the sentence
   * @param memory whether the line was pulled from memory
   */
  constructor(word: string, part: string, memory: boolean) {
    super(`too many gotos, the last one to ${word}`);
    [this.word, this.part, this.memory] = [word, part, memory];
  }
}

/** What the first rule of a keyword that fits has to say; undefined where none fits, or where the Perl dies. */
function rule_for(keyword: Keyword, part: string): Rule | undefined {
  try {
    return keyword.rules.find(({ match }) => match(part, lower(part)));
  } catch {
    return undefined; // a synonym that is missing
  }
}

/** A rule's answers: those for memory, if it has any, for a line that comes from there. */
function answers(data: ScriptData, key: string, memory: boolean): readonly string[] {
  const for_memory = memory ? data.reasmblist_for_memory.get(key) ?? [] : [];
  return for_memory.length > 0 ? for_memory : data.reasmblist.get(key) ?? [];
}

/**
 * Follows the gotos of a keyword in all directions.
 *
 * @param engine the script
 * @param data the same
 * @param place where to begin
 * @returns the keywords that gotos lead to and the rule of each, if there is no way out of them
 */
export function closed(engine: Engine, data: ScriptData, { word, part, memory }: TooManyGotos): Map<string, Rule> | undefined {
  const rules = new Map<string, Rule>();
  const open = [word];
  for (const next of open) {
    if (rules.has(next)) continue;
    const keyword = engine.keywords.get(next);
    const rule = keyword && keyword.rank > -2 ? rule_for(keyword, part) : undefined;
    const texts = rule ? answers(data, rule.key, memory) : [];
    const targets = texts.map(goto_of).filter((target) => target !== undefined);
    if (!rule || texts.length === 0 || targets.length < texts.length) return undefined;
    rules.set(next, rule);
    open.push(...targets);
  }
  return rules;
}

/** The rules of each keyword that have nothing but gotos, and only to keywords of which the same can be said. */
function suspects(engine: Engine, data: ScriptData): Map<string, readonly Rule[]> {
  const suspected = new Map<string, readonly Rule[]>();
  for (const { word, rank, rules } of engine.keywords.values()) if (rank > -2) suspected.set(word, rules);
  const only_gotos = (texts: readonly string[]): boolean =>
    texts.length > 0 && texts.every((text) => suspected.has(goto_of(text) ?? ' '));
  for (let size = -1; size !== suspected.size;) {
    size = suspected.size;
    for (const [word, rules] of suspected) {
      const left = rules.filter(({ key }) => [false, true].some((memory) => only_gotos(answers(data, key, memory))));
      if (left.length > 0) suspected.set(word, left);
      else suspected.delete(word);
    }
  }
  return suspected;
}

/** The keywords from which a goto leads to one of some, however far. */
function ways_to(data: ScriptData, words: Iterable<string>): Set<string> {
  const found = new Set(words);
  const gotos = [...data.reasmblist, ...data.reasmblist_for_memory].flatMap(([key, texts]) =>
    texts.map((text) => [key.split(SUBSEP, 1)[0] ?? '', goto_of(text) ?? ' '] as const));
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const [from, to] of gotos) if (found.has(to)) found.add(from);
  }
  return found;
}

/** A text that a pattern may well match: the plainest that can be had without reading all of it. */
function example(source: string, data: ScriptData, wildcard: string): string {
  return source
    .replace(/\(\?<?=([^()]*)\)/g, '$1').replace(/\(\?<?![^()]*\)|\\[bB]|[\^$]/g, '')
    .replace(/\((?:\?:)?([^()|]*)\|?[^()]*\)[?]?/g, '$1')
    .replace(/[ \t-\r]*\*[ \t-\r]*/g, wildcard)
    .replace(/\\s/g, ' ').replace(/\\d/g, '1').replace(/\\w/g, 'x').replace(/\[\^?(.)[^\]]*\]/g, '$1')
    .replace(/\\x\{?([\da-f]{2})\}?/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/[+?]|\{\d*,?\d*\}|\\/g, '').replace(/\./g, 'x')
    .replace(/@(\w*)(?=[^@]*$)/, (_, word: string) => word || (data.synon.get('')?.[0] ?? ''));
}

const MOST = 3000; // lines that are tried

/**
 * Lines that may come to the rules in question: their words, and the keywords from which gotos lead to them; the shortest
 * come first.
 */
function lines(data: ScriptData, words: readonly string[], decomps: readonly string[]): string[] {
  const starts = words.map((word) => /^\w*$/.test(word) ? word : example(word, data, 'x'));
  const texts = decomps.flatMap((decomp) => ['', ' ', ' x '].map((wildcard) => example(decomp, data, wildcard)));
  const all = [...new Set(decomps.map((decomp) => example(decomp, data, ' ').trim()))].filter((text) => text !== '').join(' ');
  const made = new Set(['xnone', ...starts, ...texts]);
  for (const text of [all, ...texts, ...texts.map((text) => `${text} ${all}`)]) {
    for (const start of ['', ...starts]) {
      if (made.size < MOST) made.add(`${start} ${text}`).add(`${text} ${start}`).add(`${start}${text}`);
    }
  }
  // A small `but` would part the line.
  return Array.from(made, (line) => line.replaceAll('but', 'BUT')).sort((one, other) => one.length - other.length);
}

/**
 * Tries a script: says lines to a bot of its own.
 *
 * @param lines the lines
 * @returns where one of them came to too many gotos, if one did
 */
export type Talk = (lines: readonly string[]) => TooManyGotos | undefined;

/** A line that goes round. */
export interface Circle {
  /** The keywords it goes through, and the rule of each. */
  readonly rules: Map<string, Rule>;
  /** The line. */
  readonly line: string;
}

const TURNS = 100; // after as many times each answer has had its turn, and each memory its line

/**
 * Looks for a line that goes round for ever.
 *
 * @param engine the script
 * @param data the same
 * @param talk tries lines
 * @returns the circle, or undefined if none is found; surely there is none when no keyword is suspected
 */
export function circle(engine: Engine, data: ScriptData, talk: Talk): Circle | undefined {
  const suspected = suspects(engine, data);
  if (suspected.size === 0) return undefined;
  const words = [...ways_to(data, suspected.keys())];
  const decomps = [...suspected.values()].flat().map(({ decomp }) => decomp);
  decomps.push(...words.flatMap((word) => data.decomplist.get(word) ?? []));
  for (const line of lines(data, words, decomps)) {
    const parts = split(normalize(engine, line), '.');
    const may_go_round = parts.some((part) => [...suspected.keys()].some((word) =>
      [false, true].some((memory) => closed(engine, data, new TooManyGotos(word, part, memory)))));
    if (!may_go_round) continue;
    for (const turn of [[line], [line, '']]) {
      const place = talk(Array.from({ length: TURNS }, () => turn).flat());
      const rules = place && closed(engine, data, place);
      if (rules) return { rules, line };
    }
  }
  return undefined;
}
