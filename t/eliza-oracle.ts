/**
 * The Perl as a witness: what Chatbot::Eliza answers, and utterances to ask both with. Strings are bytes.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { Eliza } from '../Chatbot/Eliza.ts';
import { parse } from '../Chatbot/Script.ts';
import { no_chatbot_eliza } from '../tools/common/processes.ts';

/** Where Debian keeps the scripts that come with the module. */
const EXAMPLES = '/usr/share/doc/libchatbot-eliza-perl/examples';

/** The five scripts: the module's three and ours. */
export const SCRIPTS = [
  ...['doctor', 'deutsch', 'norsk'].map((name) => `${EXAMPLES}/${name}.txt`),
  ...['doctor.txt', 'doctor.es.txt'].map((name) => new URL(`../Chatbot/${name}`, import.meta.url).pathname),
];

/** Why the Perl cannot be asked, or false. */
export function no_perl(): string | false {
  return no_chatbot_eliza() || (existsSync(`${EXAMPLES}/norsk.txt`) ? false : `no scripts in ${EXAMPLES}`);
}

/** What one utterance brought. */
export interface Answer {
  reply: string;
  debug: string;
}

/** Utterances to one bot after the other. */
export type Sessions = readonly (readonly string[])[];

/** What is said to a bot with a script. */
export interface Talk {
  script: string;
  lines: readonly string[];
}

/** An answer of a bot that went round and had to be called off, and what it answers from then on. */
export const ROUND: Answer = { reply: 'goes round', debug: '' };

/** An answer is `dies` where the script brings that about. */
const DIES = 'dies';

/** The Perl's answers, one after the other. */
export function perl_talks(likelihood: number, talks: readonly Talk[]): Answer[] {
  const hex = (line: string): string => `${Buffer.from(line, 'latin1').toString('hex')}\n`;
  const input = talks.map(({ script, lines }) => `new ${script}\n${lines.map(hex).join('')}`).join('');
  const oracle = new URL('eliza-oracle.pl', import.meta.url).pathname;
  const { stdout, stderr, status } = spawnSync('perl', [oracle, String(likelihood)], {
    input, encoding: 'latin1', maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`the oracle failed: ${stderr}`);
  return stdout.split('\n').slice(0, -1).map((line) => {
    const [reply = '', debug = ''] = line.split('\t').map((hex) => Buffer.from(hex, 'hex').toString('latin1'));
    return { reply, debug };
  });
}

/** The Perl's answers by one script. */
export function perl(script: string, likelihood: number, sessions: Sessions): Answer[] {
  return perl_talks(likelihood, sessions.map((lines) => ({ script, lines })));
}

/** The same numbers as the oracle's for its first bot, or its second, third … */
export function lcg(random = 1): (limit: number) => number {
  return (limit) => (random = (random * 69069 + 1) % 2 ** 24) / 2 ** 24 * limit;
}

/** Our answers. */
export function our_talks(likelihood: number, talks: readonly Talk[]): Answer[] {
  const { warn } = console;
  const warnings: unknown[] = [];
  console.warn = (warning: unknown) => { warnings.push(warning); };
  const answer = (bot: Eliza, line: string): Answer => {
    if (warnings.length > 0) return ROUND;
    try {
      const reply = bot.transform(line);
      return warnings.length > 0 ? ROUND : { reply, debug: bot.debug_text };
    } catch {
      return { reply: DIES, debug: bot.debug_text };
    }
  };
  const answers = talks.flatMap(({ script, lines }, i) => {
    const bot = new Eliza({ scriptfile: script, likelihood_of_using_memory: likelihood, myrand: lcg(i + 1) });
    warnings.length = 0; // those about the script
    return lines.map((line) => answer(bot, line));
  });
  console.warn = warn;
  return answers;
}

/** Our answers by one script. */
export function ours(script: string, likelihood: number, sessions: Sessions): Answer[] {
  return our_talks(likelihood, sessions.map((lines) => ({ script, lines })));
}

/** Where two lists of answers part, or -1. */
export function parting(left: readonly Answer[], right: readonly Answer[]): number {
  return left.findIndex(({ reply, debug }, i) => reply !== right[i]?.reply || debug !== right[i].debug);
}

const NOISE = [
  '', ' ', '  ', '\t', '\r', '\n', '\0', '.', ',', '?', '!', ';', '..', ' . ', '(2)', '(1)', '(9)', '$1', '@', '@sad', '\x1c',
  '%', '100 %', '100%d', '%n', '%999999999d', '\\b', '.*', '[a-z]', '(', ')', '+', '|', '^', '{2}', '\\', '$&', '/', "'", '"',
  '-', '_', '0', '42', '\x7f', '\xe9', '\xc9', '\xff', '\xa0', '\x85', '\xc3\xa9', '\xc3\x89', '\xc2\xbf', '\xe2\x82\xac',
  'ni\xc3\xb1o', '\xdcber', 'but', 'button', 'But', 'goto', 'goto what', 'xnone', 'house', 'the', 'tired', "isn't", 'a',
];

/**
 * Sessions of utterances made of a script's own words.
 *
 * @param script its file
 * @param count how many utterances
 * @param rand where chance comes from
 * @returns sessions of 40
 */
export function utterances(script: string, count: number, rand: (limit: number) => number): string[][] {
  const { data } = parse(readFileSync(script, 'latin1'), script);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(rand(list.length))] as T;
  const words = [
    ...data.decomplist.keys(), ...data.pre.keys(), ...data.post.keys(), ...data.post.values(), ...data.synon.keys(),
    ...[...data.synon.values()].flat(), ...data.quit,
  ];
  const decomps = ['*', ...[...data.decomplist.values()].flat()];
  const remembered = [...data.reasmblist_for_memory.keys()].map((key) => key.split('\x1c')[1] ?? '');
  const word = (): string => pick(rand(3) < 2 ? words : NOISE);
  const phrase = (): string => Array.from({ length: Math.floor(rand(5)) }, word).join(pick([' ', ' ', ' ', '  ', '']));
  const synonym = (_: string, name: string): string => pick([name, ...(data.synon.get(name) ?? ['@'])]);
  const fill = (decomp: string): string =>
    decomp.replace(/@([\w-]*)/g, synonym).replace(/\*/g, () => pick(['', ' ', '', ' ']) + phrase() + pick(['', ' ']));
  const shout = (text: string): string =>
    text.replace(/./g, (char) => rand(2) < 1 ? char.toUpperCase() : char.toLowerCase());
  const clause = (): string => {
    const kind = rand(10);
    if (kind < 6) return fill(pick(rand(5) < 1 && remembered.length > 0 ? remembered : decomps));
    return kind < 9 ? phrase() : '';
  };
  const utterance = (): string => {
    let text = clause();
    while (rand(3) < 1) text += pick(['. ', ', ', '? ', '! ', ' but ', '.', '; ', '\n']) + clause();
    if (rand(4) < 1) text += pick(['.', '?', '!', '...', ' ?', ';', '!?', '\n', '\r\n', ' ']);
    // only bytes: a letter's capital may lie beyond them
    const cased = rand(5) < 1 ? shout(text) : rand(8) < 1 ? text.toUpperCase() : text;
    return /[^\0-\xff]/.test(cased) ? text : cased;
  };
  const all = Array.from({ length: count }, utterance);
  return Array.from({ length: Math.ceil(count / 40) }, (_, i) => all.slice(i * 40, i * 40 + 40));
}

/**
 * Makes a failing session as short as it goes: lines first, then characters.
 *
 * @param lines a session that fails
 * @param fails whether a session does
 * @returns a session that fails and cannot lose anything
 */
export function shrink(lines: readonly string[], fails: (lines: readonly string[]) => boolean): readonly string[] {
  const drop = <T>(list: readonly T[], still: (less: readonly T[]) => boolean): readonly T[] => {
    for (let size = list.length; size >= 1; size = Math.floor(size / 2)) {
      for (let at = 0; at + size <= list.length;) {
        const less = [...list.slice(0, at), ...list.slice(at + size)];
        if (still(less)) list = less;
        else at += size;
      }
    }
    return list;
  };
  let left = drop(lines, fails);
  left.forEach((line, i) => {
    const shorter = drop(Array.from(line), (chars) => fails(left.with(i, chars.join('')))).join('');
    left = left.with(i, shorter);
  });
  return left;
}
