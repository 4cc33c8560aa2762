/**
 * What is always wrong in a bot's reply, whatever was said: a doubled word, a hole where the user's words should be, a
 * blank before a full stop. What is wrong in one language only is in wrong-replies.en.ts and wrong-replies.es.ts.
 */
import { FAULTS as ENGLISH } from './wrong-replies.en.ts';
import { FAULTS as SPANISH } from './wrong-replies.es.ts';

/** Something that is always wrong in a reply. Lines and replies are text, decoded from the bot's bytes. */
export interface Fault {
  /** What is wrong, for a test to say. */
  readonly what: string;
  /** Whether a reply to a line has it. */
  readonly wrong: (reply: string, line: string) => boolean;
  /** Lines with replies that have it: the test holds the fault to finding each. */
  readonly examples: readonly (readonly [line: string, reply: string])[];
  /** Lines with replies that look like it and have it not. */
  readonly fine?: readonly (readonly [line: string, reply: string])[];
}

/** A language that a script of ours speaks. */
export type Language = 'en' | 'es';

const WORD = /[\p{L}\p{N}_'’]+/gu;

/**
 * The words of a text.
 *
 * @param text any text
 * @returns its words in lower case
 */
export function words(text: string): string[] {
  return text.toLowerCase().match(WORD) ?? [];
}

/** Whether a word stands twice in a row in a text, with nothing but blanks between. */
function doubled(text: string): string[] {
  const twice = /(?<![\p{L}\p{N}_'’])([\p{L}\p{N}_'’]+) +\1(?![\p{L}\p{N}_'’])/gu;
  return Array.from(text.toLowerCase().matchAll(twice), ([, word = '']) => word);
}

/** What only a script should say. */
const PLACEHOLDER = /\(\d\)|\bgoto\b|@\w|\[ \]|\*/;

const COMMON: readonly Fault[] = [
  {
    what: 'no reply',
    wrong: (reply) => reply.trim() === '',
    examples: [['Hello', ''], ['Hello', ' ']],
  },
  {
    what: 'a doubled word that the user did not double',
    wrong: (reply, line) => doubled(reply).some((word) => !doubled(line).includes(word)),
    examples: [['I need to', 'What if you need to to go?']],
    fine: [['bye bye love', 'What do you hear in bye bye?']],
  },
  {
    what: 'a blank before a mark, or two blanks',
    wrong: (reply) => / [.,;:?!…]|  /.test(reply),
    examples: [['I am', 'What if you are ?'], ['my', 'your , you say'], ['I', 'So  you .']],
  },
  {
    what: 'two marks in a row',
    wrong: (reply) => /[.,;:][.,;:?!]|[?!][.,;:]|[(¿¡] |[¿¡][?!.,]/.test(reply.replaceAll('...', '…').replaceAll('.txt', '')),
    examples: [['Te quiero.', 'Imagina que ya lo tienes:.'], ['I am', 'And you are,.'], ['x', '¿?']],
    fine: [['Hola', '¡Hola! ¿Qué tal?'], ['I am tired', 'I have a colleague, doctor.es.txt, who speaks Spanish.']],
  },
  {
    what: 'a bare placeholder',
    wrong: (reply, line) => PLACEHOLDER.test(reply) && !PLACEHOLDER.test(line),
    examples: [['I', 'So you (2)?'], ['I', 'goto what'], ['I', 'Your @family?'], ['I', 'x*']],
  },
  {
    what: 'an end that is no end',
    wrong: (reply) => !/[.?!…]$/.test(reply),
    examples: [['I', 'So you']],
  },
  {
    what: 'quotation marks with nothing between them, or one without the other',
    wrong: (reply) => /["“«] *["”»]|(?<!\S)' *'(?!\w)/.test(reply) || reply.split('"').length % 2 === 0
      || reply.split(/[“«]/).length !== reply.split(/[”»]/).length,
    examples: [['I', "What do you hear in ' '?"], ['I', '«Yo» y «?'], ['I', 'You say " "?'], ['I', 'You say "so?']],
  },
  {
    what: 'a keyword that only the script should see',
    wrong: (reply, line) => words(reply).some((word) => /^x[a-z]{3,}$/.test(word) && !words(line).includes(word)),
    examples: [['¿Y tú?', '¿Y xmih?'], ['Why?', 'So xask?']],
    fine: [['I love xylophones', 'What is it about xylophones?']],
  },
];

const FAULTS: Record<Language, readonly Fault[]> = { en: [...COMMON, ...ENGLISH], es: [...COMMON, ...SPANISH] };

/**
 * All that is looked for.
 *
 * @param language the script's language
 * @returns the faults, those of every language first
 */
export function faults(language: Language): readonly Fault[] {
  return FAULTS[language];
}

/**
 * Looks a reply over.
 *
 * @param language the script's language
 * @param line what was said
 * @param reply what was answered
 * @returns what is wrong with the reply; nothing when it is sound
 */
export function wrong(language: Language, line: string, reply: string): string[] {
  return FAULTS[language].filter((fault) => fault.wrong(reply, line)).map(({ what }) => what);
}
