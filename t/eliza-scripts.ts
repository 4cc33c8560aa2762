/**
 * Random scripts, by which the bot is compared with the Perl's: few words, so that rules meet, and everything that a script
 * may have, the unusual included.
 */
import type { Rand } from '../Chatbot/Eliza.ts';

const WORDS = ['a', 'b', 'c', 'd', 'my', 'pet', 'dog', 'Cat', 'but', 'xnone', 'goto', '_', '7'];
const PATTERNS = [
  'colou?r', '(?:cat|dog)s?', '[a-c]', '\\w+', 'x\\w*', 'a|b', '(a|b)', '(?<!my\\s)pet', 'a(?=\\sb)', '^my', 'd$', '.',
  '\xe9', '\0', 'ni\xc3\xb1o', "don't", 'a-b', 'b\\s*c', '(?:)', '\\d', '[^a-z]',
];
const RANKS = [
  '0', '0', '0', '1', '2', '3', '10', '-1', '-2', '-3', '-1.5', '1e1', '.5', '+4', '', 'x', '2nd', 'inf', '-inf', 'nan', '0x9',
  '1_0', '\xa05', '5\0', '--1', '1e', '99999999999999999999',
];
const RULES = [
  '*', '*', '*', '* a *', '* b *', 'a', 'a *', '* c', '* my @pet *', '@be *', '* @pet @be *', '* @be', '@', '* @none *',
  '', '**', '* * *', '^a', 'b$', '$', '*$', '(a|b) *', '(*)', '* [a-c] (\\w+) *', '\xe9 *', '* \0 *', 'a * b * c *',
  '* a* * b', '@pet@be', '(?:a|b) * (?=c)', '*.*', '* xnone *', '_ * 7', '*a*', '* my b *', '* @pet', '@pet',
];
const TEXTS = [
  'Yes.', 'Go on (1).', 'Your (2) ?', '(1)(2)(3)', '(9) and (10) and (0)', '$1 $& @pet', '%s %d 100%', '\xe9 \xff \0', '', '',
  'goto', 'goto ', 'gotob', 'a  b   c ?', ' ', '?', ' ?', '(1) ?', '(1', '\\1 \\', "Don't (2)!", 'but (1), you?', '(2)',
  '((1))', 'GOTO a', 'Goto\tb x', 'goto \xe9',
];

/**
 * A script.
 *
 * @param rand where chance comes from
 * @returns its text, one byte a character
 */
export function random_script(rand: Rand): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(rand(list.length))] as T;
  const some = (most: number, make: () => string): string[] => Array.from({ length: Math.floor(rand(most + 1)) }, make);
  const word = (): string => rand(4) < 1 ? pick(PATTERNS) : pick(WORDS);
  const phrase = (): string => some(3, () => pick(WORDS)).join(pick([' ', ' ', '  ', '. ', '']));
  const gotos = pick([0, 1, 1, 3, 6]);
  const keys = some(5, word).filter((one) => one !== 'xnone');
  const text = (): string => rand(8) < gotos ? `goto ${pick([...keys, ...keys, ...keys, ...WORDS])}` : pick(TEXTS);
  const rule = (): string[] => [
    `  decomp: ${pick(RULES)}`,
    ...some(3, () => `    reasmb: ${text()}`),
    ...rand(4) < 1 ? some(2, () => `    reasm_for_memory: ${text()}`) : [],
  ];
  const key = (name: string, rank: string): string[] =>
    [`key: ${name} ${rank}`, ...Array.from({ length: pick([0, 1, 1, 1, 2, 3]) }, rule).flat()];
  const xnone = rand(12) < 1
    ? key('xnone', pick(RANKS))
    : ['key: xnone -1', '  decomp: *', ...some(2, () => `    reasmb: ${text()}`), '    reasmb: Please go on.'];
  const synonym = (): string => rand(6) < 1 ? pick(PATTERNS) : pick(WORDS);
  const synonyms = (name: string): string[] =>
    rand(3) < 1 ? [] : [`synon: ${name} ${some(3, synonym).join(pick([' ', ' ', '  ']))}`];
  const odd = some(2, () => pick([
    '', '# key: a 9', 'key:', 'key: a 5', 'pre:', 'post:', 'synon:', 'synon: pet', 'quit:', 'initial:', 'final:',
    'what is this', 'foo: bar', ' : x',
    'prefix: my b', 'keyring: d 3', 'post: b', '\tpre : c  d  e', 'post: a b: c',
  ]));
  const first = rand(2) < 1;
  return [
    'initial: Hello.', ...rand(9) < 1 ? [] : ['final: Bye.'], 'quit: bye',
    ...some(3, () => `pre: ${word()} ${phrase()}`), ...some(4, () => `post: ${word()} ${phrase()}`),
    ...['pet', 'be', 'a'].flatMap(synonyms),
    ...first ? xnone : [], ...keys.flatMap((name) => key(name, pick(RANKS))), ...odd, ...first ? [] : xnone,
  ].join('\n') + '\n';
}
